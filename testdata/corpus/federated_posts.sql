-- A social network whose servers talk to one another: keys a person, posts, sessions, push endpoints.
CREATE TABLE accounts (id bigserial PRIMARY KEY, username varchar NOT NULL DEFAULT '', domain varchar, private_key text, public_key text NOT NULL DEFAULT '', note text NOT NULL DEFAULT '', display_name varchar NOT NULL DEFAULT '',
  uri varchar NOT NULL DEFAULT '', url varchar, avatar_file_name varchar, header_remote_url varchar NOT NULL DEFAULT '', locked boolean NOT NULL DEFAULT false, fields jsonb, also_known_as varchar[], created_at timestamp NOT NULL DEFAULT now());
CREATE UNIQUE INDEX ON accounts (lower(username), coalesce(lower(domain), ''));
CREATE TABLE users (id bigserial PRIMARY KEY, email varchar NOT NULL DEFAULT '' UNIQUE, encrypted_password varchar NOT NULL DEFAULT '', reset_password_token varchar UNIQUE, sign_in_count int DEFAULT 0, current_sign_in_at timestamp,
  confirmation_token varchar UNIQUE, unconfirmed_email varchar, locale varchar, otp_secret varchar, otp_backup_codes varchar[], account_id bigint NOT NULL REFERENCES accounts, sign_up_ip inet, chosen_languages varchar[], settings text);
CREATE TABLE statuses (id bigserial PRIMARY KEY, uri varchar, text text NOT NULL DEFAULT '', spoiler_text text NOT NULL DEFAULT '', visibility int NOT NULL DEFAULT 0, language varchar, account_id bigint NOT NULL REFERENCES accounts,
  in_reply_to_id bigint REFERENCES statuses, created_at timestamp NOT NULL DEFAULT now());
CREATE TABLE session_activations (id bigserial PRIMARY KEY, session_id varchar NOT NULL UNIQUE, user_agent varchar NOT NULL DEFAULT '', ip inet, user_id bigint NOT NULL REFERENCES users);
CREATE TABLE web_push_subscriptions (id bigserial PRIMARY KEY, endpoint varchar NOT NULL, key_p256dh varchar NOT NULL, key_auth varchar NOT NULL, data json, user_id bigint REFERENCES users);
CREATE TABLE identities (id bigserial PRIMARY KEY, provider varchar NOT NULL DEFAULT '', uid varchar NOT NULL DEFAULT '', user_id bigint REFERENCES users, UNIQUE (uid, provider));
CREATE TABLE invites (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, code varchar NOT NULL UNIQUE, uses int NOT NULL DEFAULT 0, comment text);
CREATE TABLE oauth_access_tokens (id bigserial PRIMARY KEY, token varchar NOT NULL UNIQUE, refresh_token varchar UNIQUE, scopes varchar, resource_owner_id bigint);
CREATE TABLE settings (id bigserial PRIMARY KEY, var varchar NOT NULL UNIQUE, value text);
CREATE TABLE reports (id bigserial PRIMARY KEY, comment text NOT NULL DEFAULT '', account_id bigint NOT NULL REFERENCES accounts, target_account_id bigint NOT NULL REFERENCES accounts);
INSERT INTO accounts (username, domain, private_key, public_key, note, display_name, uri, fields)
  SELECT pg_temp.login(i), CASE WHEN i > 100 THEN 'nordmail.se' END, CASE WHEN i <= 100 THEN '-----BEGIN RSA PRIVATE KEY-----' || E'\n' || pg_temp.secret(i, 64) || E'\n-----END RSA PRIVATE KEY-----' END,
    '-----BEGIN PUBLIC KEY-----' || E'\n' || pg_temp.secret(i + 50, 64) || E'\n-----END PUBLIC KEY-----', '<p>Hello, I am ' || pg_temp.given(i) || ' from ' || pg_temp.town(i) || '</p>', pg_temp.person(i),
    'https://quillpost.org/users/' || pg_temp.login(i), jsonb_build_array(jsonb_build_object('name', 'Site', 'value', 'https://' || pg_temp.login(i) || '.quillpost.org')) FROM generate_series(1, 140) i;
INSERT INTO users (email, encrypted_password, confirmation_token, locale, otp_secret, account_id, sign_up_ip) SELECT pg_temp.mail(i), '$2a$10$' || left(pg_temp.secret(i + 900, 60), 53), pg_temp.secret(i + 800, 20), pg_temp.pick(i, 'en', 'de'),
  CASE WHEN i % 3 = 0 THEN pg_temp.secret(i + 700, 32) END, i, pg_temp.ip(i) FROM generate_series(1, 100) i;
INSERT INTO statuses (text, account_id, in_reply_to_id, language) SELECT pg_temp.letter(i) || ' cc @' || pg_temp.login(1 + i % 100), 1 + i % 140, nullif(i / 2, 0), 'en' FROM generate_series(1, 300) i;
INSERT INTO session_activations (session_id, user_agent, ip, user_id) SELECT pg_temp.secret(i + 600, 32), pg_temp.agent(i), pg_temp.ip(i), i FROM generate_series(1, 100) i;
INSERT INTO web_push_subscriptions (endpoint, key_p256dh, key_auth, data, user_id) SELECT 'https://updates.push.services.mozilla.com/wpush/v2/' || pg_temp.secret(i + 500, 90), pg_temp.secret(i + 400, 88), pg_temp.secret(i + 300, 22),
  '{"alerts": {"follow": true, "mention": true}}', i FROM generate_series(1, 50) i;
INSERT INTO identities (provider, uid, user_id) SELECT 'saml', pg_temp.login(i), i FROM generate_series(1, 40) i;
INSERT INTO invites (user_id, code, comment) SELECT i, pg_temp.secret(i + 200, 8), 'for ' || pg_temp.given(i + 1) FROM generate_series(1, 20) i;
INSERT INTO oauth_access_tokens (token, scopes, resource_owner_id) SELECT pg_temp.secret(i + 100, 43), 'read write', i FROM generate_series(1, 60) i;
INSERT INTO settings (var, value) VALUES ('site_title', '--- Quillpost'), ('site_contact_email', '--- ' || pg_temp.mail(1)), ('timeline_preview', '--- true');
INSERT INTO reports (comment, account_id, target_account_id) SELECT pg_temp.letter(i), i, i + 1 FROM generate_series(1, 30) i;
