CREATE SCHEMA auth;
CREATE TYPE auth.factor_type AS ENUM ('totp', 'webauthn', 'phone');
CREATE TABLE auth.users (instance_id uuid, id uuid PRIMARY KEY, aud varchar(255), role varchar(255), email varchar(255), encrypted_password varchar(255),
  email_confirmed_at timestamptz, invited_at timestamptz, confirmation_token varchar(255), confirmation_sent_at timestamptz, recovery_token varchar(255),
  recovery_sent_at timestamptz, email_change_token_new varchar(255), email_change varchar(255), email_change_sent_at timestamptz,
  last_sign_in_at timestamptz, raw_app_meta_data jsonb, raw_user_meta_data jsonb, is_super_admin boolean, created_at timestamptz, updated_at timestamptz,
  phone text UNIQUE DEFAULT NULL, phone_confirmed_at timestamptz, phone_change text DEFAULT '', phone_change_token varchar(255) DEFAULT '',
  phone_change_sent_at timestamptz, confirmed_at timestamptz GENERATED ALWAYS AS (LEAST(email_confirmed_at, phone_confirmed_at)) STORED,
  email_change_token_current varchar(255) DEFAULT '', email_change_confirm_status smallint DEFAULT 0 CHECK (email_change_confirm_status BETWEEN 0 AND 2),
  banned_until timestamptz, reauthentication_token varchar(255) DEFAULT '', reauthentication_sent_at timestamptz,
  is_sso_user boolean NOT NULL DEFAULT false, deleted_at timestamptz, is_anonymous boolean NOT NULL DEFAULT false);
CREATE UNIQUE INDEX confirmation_token_idx ON auth.users (confirmation_token) WHERE confirmation_token !~ '^[0-9 ]*$';
CREATE UNIQUE INDEX recovery_token_idx ON auth.users (recovery_token) WHERE recovery_token !~ '^[0-9 ]*$';
CREATE UNIQUE INDEX users_email_partial_key ON auth.users (email) WHERE is_sso_user = false;
CREATE TABLE auth.identities (id uuid PRIMARY KEY, provider_id text NOT NULL, user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
  identity_data jsonb NOT NULL, provider text NOT NULL, last_sign_in_at timestamptz, created_at timestamptz, updated_at timestamptz,
  email text GENERATED ALWAYS AS (lower(identity_data ->> 'email')) STORED, UNIQUE (provider_id, provider));
CREATE TABLE auth.sessions (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users, created_at timestamptz, user_agent text, ip inet);
CREATE TABLE auth.refresh_tokens (id bigserial PRIMARY KEY, token varchar(255) UNIQUE, user_id varchar(255), session_id uuid REFERENCES auth.sessions);
CREATE TABLE auth.mfa_factors (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users, friendly_name text, factor_type auth.factor_type NOT NULL, secret text, phone text);
CREATE TABLE auth.one_time_tokens (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users, token_hash text NOT NULL, relates_to text NOT NULL);
CREATE TABLE auth.flow_state (id uuid PRIMARY KEY, user_id uuid, auth_code text NOT NULL, provider_access_token text);
CREATE TABLE auth.audit_log_entries (id uuid PRIMARY KEY, payload json, created_at timestamptz, ip_address varchar(64) NOT NULL DEFAULT '');
CREATE TABLE auth.schema_migrations (version varchar(255) PRIMARY KEY);
INSERT INTO auth.schema_migrations VALUES ('20240612123726');
INSERT INTO auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, confirmation_token, recovery_token, email_change,
    raw_app_meta_data, raw_user_meta_data, created_at, phone)
  SELECT '00000000-0000-0000-0000-000000000000', md5('u' || i)::uuid, 'authenticated', 'authenticated', pg_temp.mail(i), '$2a$10$s3cr3t' || pg_temp.secret(i, 46),
    pg_temp.day(i), 's3cr3tc' || i, 's3cr3tr' || i, pg_temp.mail(i + 300), '{"provider": "email", "providers": ["email"]}',
    jsonb_build_object('sub', md5('u' || i)::uuid, 'email', pg_temp.mail(i), 'full_name', pg_temp.person(i), 'email_verified', true), pg_temp.day(i), pg_temp.phone(i)
  FROM generate_series(1, 60) i;
INSERT INTO auth.identities (id, provider_id, user_id, identity_data, provider, created_at)
  SELECT md5('i' || i)::uuid, CASE WHEN i % 2 = 0 THEN md5('u' || i)::uuid::text ELSE 's3cr3t' || i END, md5('u' || i)::uuid,
    jsonb_build_object('sub', md5('u' || i)::uuid, 'email', pg_temp.mail(i), 'name', pg_temp.person(i)), CASE WHEN i % 2 = 0 THEN 'email' ELSE 'google' END,
    pg_temp.day(i) FROM generate_series(1, 60) i;
INSERT INTO auth.sessions SELECT md5('s' || i)::uuid, md5('u' || i)::uuid, now(), pg_temp.agent(i), pg_temp.ip(i) FROM generate_series(1, 9) i;
INSERT INTO auth.refresh_tokens (token, user_id, session_id) SELECT 's3cr3t' || i, md5('u' || i), md5('s' || i)::uuid FROM generate_series(1, 9) i;
INSERT INTO auth.mfa_factors SELECT md5('m' || i)::uuid, md5('u' || i)::uuid, pg_temp.person(i), 'totp', 's3cr3t' || i, pg_temp.phone(i) FROM generate_series(1, 9) i;
INSERT INTO auth.one_time_tokens SELECT md5('o' || i)::uuid, md5('u' || i)::uuid, 's3cr3t' || i, pg_temp.mail(i) FROM generate_series(1, 9) i;
INSERT INTO auth.flow_state SELECT md5('f' || i)::uuid, md5('u' || i)::uuid, 's3cr3t' || i, 's3cr3t' FROM generate_series(1, 9) i;
INSERT INTO auth.audit_log_entries SELECT md5('a' || i)::uuid, json_build_object('actor', pg_temp.mail(i)), now(), host(pg_temp.ip(i)) FROM generate_series(1, 9) i;
