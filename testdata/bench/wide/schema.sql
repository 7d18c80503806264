-- What many products have: a table of sixty text columns of which twenty are personal, documents
-- of sixty keys of which six are, and long notes in which persons are named.

CREATE TABLE accounts (
    id bigint NOT NULL,
    -- personal
    email text NOT NULL, backup_email text, username text NOT NULL, first_name text, last_name text, full_name text,
    phone text, mobile text, street text, city text, postcode text, birth_date text, company text, login_ip text,
    iban text, card_number text, national_id text, emergency_name text, emergency_phone text, remark text,
    -- not personal
    status text, tier text, source text, channel text, campaign text, segment text, language text, currency text,
    theme text, timezone text, plan text, plan_code text, region_code text, warehouse text, shelf text, colour text,
    size_label text, material text, product_line text, sku text, sku_alt text, batch text, lot text, unit text,
    packing text, carrier text, service_level text, tracking_state text, last_action text, last_page text,
    last_error text, referrer_kind text, device_kind text, os_family text, browser_family text, app_version text,
    build text, experiment text, variant text, cohort text
);

CREATE TABLE documents (
    id         bigint NOT NULL,
    account_id bigint NOT NULL,
    kind       text NOT NULL,
    doc        jsonb NOT NULL
);

CREATE TABLE notes (
    id         bigint NOT NULL,
    account_id bigint NOT NULL,
    author     text NOT NULL,
    written_at timestamptz NOT NULL,
    body       text NOT NULL
);
