-- A registry of packages, as Rails lays tables out: digests, tokens, keys of devices, audits as JSON.
CREATE TABLE schema_migrations (version varchar NOT NULL PRIMARY KEY);
CREATE TABLE ar_internal_metadata (key varchar NOT NULL PRIMARY KEY, value varchar, created_at timestamp NOT NULL, updated_at timestamp NOT NULL);
CREATE TABLE users (id bigserial PRIMARY KEY, email varchar NOT NULL, encrypted_password varchar(128), salt varchar(128), token varchar(128), token_expires_at timestamp, api_key varchar,
  confirmation_token varchar(128), remember_token varchar(128), created_at timestamp, updated_at timestamp, email_confirmed boolean NOT NULL DEFAULT false, handle varchar, public_email boolean NOT NULL DEFAULT false,
  twitter_username varchar, unconfirmed_email varchar, full_name varchar, mfa_seed varchar, mfa_level int DEFAULT 0, mfa_recovery_codes varchar[] DEFAULT '{}', mail_fails int DEFAULT 0, blocked_email varchar,
  webauthn_id varchar, homepage_url varchar, location varchar, policies_acknowledged_at timestamp);
CREATE INDEX ON users (lower(email));
CREATE UNIQUE INDEX ON users (handle);
CREATE UNIQUE INDEX ON users (webauthn_id);
CREATE TABLE rubygems (id bigserial PRIMARY KEY, name varchar NOT NULL UNIQUE, created_at timestamp, slug varchar);
CREATE TABLE ownerships (id bigserial PRIMARY KEY, rubygem_id bigint REFERENCES rubygems, user_id bigint REFERENCES users, token varchar, confirmed_at timestamp, authorizer_id int);
CREATE TABLE versions (id bigserial PRIMARY KEY, authors text, description text, number varchar, rubygem_id bigint REFERENCES rubygems, built_at timestamp, summary text, platform varchar, sha256 varchar,
  metadata text, pusher_id bigint, licenses varchar, cert_chain text, canonical_number varchar);
CREATE TABLE api_keys (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, name varchar NOT NULL, hashed_key varchar NOT NULL UNIQUE, last_accessed_at timestamp, scopes varchar[]);
CREATE TABLE webauthn_credentials (id bigserial PRIMARY KEY, external_id varchar NOT NULL UNIQUE, public_key varchar NOT NULL, nickname varchar NOT NULL, sign_count bigint NOT NULL DEFAULT 0, user_id bigint NOT NULL REFERENCES users);
CREATE TABLE ip_addresses (id bigserial PRIMARY KEY, ip_address inet NOT NULL UNIQUE, hashed_ip_address text NOT NULL, geoip_info jsonb);
CREATE TABLE audits (id bigserial PRIMARY KEY, auditable_type varchar NOT NULL, auditable_id bigint NOT NULL, admin_github_user_id bigint NOT NULL, audited_changes text, comment varchar, action varchar NOT NULL);
CREATE TABLE admin_github_users (id bigserial PRIMARY KEY, login varchar, avatar_url varchar, github_id varchar UNIQUE, info_data json, oauth_token varchar, is_admin boolean);
CREATE TABLE linksets (id bigserial PRIMARY KEY, rubygem_id bigint, home varchar, wiki varchar, docs varchar, mail varchar, code varchar, bugs varchar);
CREATE TABLE delayed_jobs (id bigserial PRIMARY KEY, priority int DEFAULT 0, handler text, last_error text, run_at timestamp, locked_by varchar, queue varchar);
INSERT INTO schema_migrations SELECT '2024' || lpad(i::text, 10, '0') FROM generate_series(1, 9) i;
INSERT INTO ar_internal_metadata VALUES ('environment', 'production', now(), now());
INSERT INTO users (email, encrypted_password, salt, api_key, remember_token, confirmation_token, created_at, handle, twitter_username, unconfirmed_email, full_name, mfa_seed, mfa_recovery_codes, webauthn_id, location)
  SELECT pg_temp.mail(i), '$2a$12$' || left(pg_temp.secret(i, 60), 53), NULL, pg_temp.secret(i, 32), pg_temp.secret(i + 1000, 40), pg_temp.secret(i + 2000, 40), pg_temp.day(i)::timestamp, pg_temp.login(i),
    CASE WHEN i % 4 = 0 THEN pg_temp.login(i) END, CASE WHEN i % 9 = 0 THEN pg_temp.mail(i + 700) END, pg_temp.person(i), CASE WHEN i % 2 = 0 THEN upper(pg_temp.secret(i + 3000, 32)) END,
    CASE WHEN i % 2 = 0 THEN ARRAY[pg_temp.secret(i + 4000, 24), pg_temp.secret(i + 4100, 24)] ELSE '{}' END, pg_temp.secret(i + 5000, 86), pg_temp.town(i) FROM generate_series(1, 150) i;
INSERT INTO rubygems (name, created_at) SELECT pg_temp.pick(i, 'rails', 'json', 'mime', 'puma', 'yard') || '-' || pg_temp.pick(i / 5, 'core', 'utils', 'api', 'cli') || i, pg_temp.day(i)::timestamp FROM generate_series(1, 100) i;
INSERT INTO ownerships (rubygem_id, user_id, token, confirmed_at) SELECT i, 1 + i % 150, pg_temp.secret(i + 6000, 40), pg_temp.day(i)::timestamp FROM generate_series(1, 100) i;
INSERT INTO versions (authors, description, number, rubygem_id, summary, platform, sha256, metadata, pusher_id, licenses)
  SELECT pg_temp.person(1 + i % 150), 'A small library that parses and prints.', '1.' || i % 9 || '.0', 1 + i % 100, 'Parses and prints', 'ruby', encode(sha256(i::text::bytea), 'base64'), 'a=>b', 1 + i % 150, 'MIT' FROM generate_series(1, 250) i;
INSERT INTO api_keys (user_id, name, hashed_key, scopes) SELECT i, 'ci', encode(sha256(('k' || i)::bytea), 'hex'), ARRAY['push_rubygem'] FROM generate_series(1, 60) i;
INSERT INTO webauthn_credentials (external_id, public_key, nickname, user_id) SELECT pg_temp.secret(i + 7000, 64), pg_temp.secret(i + 8000, 90), pg_temp.given(i) || '''s key', i FROM generate_series(1, 30) i;
INSERT INTO ip_addresses (ip_address, hashed_ip_address, geoip_info) SELECT pg_temp.ip(i), encode(sha256(host(pg_temp.ip(i))::bytea), 'hex'), jsonb_build_object('city', pg_temp.town(i), 'country_code', 'DE') FROM generate_series(1, 120) i;
INSERT INTO admin_github_users (login, avatar_url, github_id, info_data, oauth_token, is_admin) SELECT pg_temp.login(i), 'https://avatars.githubusercontent.com/u/' || 70000 + i, (70000 + i)::text,
  json_build_object('name', pg_temp.person(i), 'email', pg_temp.mail(i), 'login', pg_temp.login(i)), 'gho_' || left(pg_temp.secret(i + 9000, 36), 36), true FROM generate_series(201, 206) i;
INSERT INTO audits (auditable_type, auditable_id, admin_github_user_id, audited_changes, comment, action) SELECT 'User', i, 1 + i % 6, '{"records":{"email":["' || pg_temp.mail(i) || '",null]}}', pg_temp.letter(i), 'block' FROM generate_series(1, 40) i;
INSERT INTO linksets (rubygem_id, home, mail, code) SELECT i, 'https://gem' || i || '.quillpost.org', 'https://groups.quillpost.org/g' || i, 'https://github.com/' || pg_temp.login(i) || '/gem' || i FROM generate_series(1, 60) i;
INSERT INTO delayed_jobs (handler, queue) SELECT '--- !ruby/object:Mailer' || E'\n' || 'args: [' || pg_temp.mail(i) || ']', 'mailers' FROM generate_series(1, 10) i;
