-- Support by chat and mail: contacts with free attributes, channels that hold credentials, surveys.
CREATE EXTENSION IF NOT EXISTS hstore;
CREATE EXTENSION IF NOT EXISTS citext;
CREATE TABLE accounts (id serial PRIMARY KEY, name varchar NOT NULL, locale int DEFAULT 0, domain varchar(100), support_email varchar(100), settings jsonb DEFAULT '{}', status int DEFAULT 0);
CREATE TABLE users (id serial PRIMARY KEY, provider varchar NOT NULL DEFAULT 'email', uid varchar NOT NULL DEFAULT '', encrypted_password varchar NOT NULL DEFAULT '', name varchar NOT NULL, display_name varchar, email citext UNIQUE, tokens json, pubsub_token varchar UNIQUE,
  availability int DEFAULT 0, ui_settings jsonb DEFAULT '{}', message_signature text, current_sign_in_ip varchar, otp_secret varchar, UNIQUE (uid, provider));
CREATE TABLE contacts (id serial PRIMARY KEY, name varchar DEFAULT '', email citext, phone_number varchar, account_id int NOT NULL REFERENCES accounts, additional_attributes jsonb DEFAULT '{}', identifier varchar, custom_attributes jsonb DEFAULT '{}', labels hstore, last_activity_at timestamp,
  UNIQUE (identifier, account_id), UNIQUE (email, account_id));
CREATE TABLE inboxes (id serial PRIMARY KEY, account_id int NOT NULL REFERENCES accounts, name varchar NOT NULL, channel_type varchar, greeting_message varchar, email_address varchar);
CREATE TABLE channel_email (id bigserial PRIMARY KEY, account_id int NOT NULL, email varchar NOT NULL UNIQUE, forward_to_email varchar NOT NULL UNIQUE, imap_address varchar DEFAULT '', imap_login varchar DEFAULT '', imap_password varchar DEFAULT '', smtp_password varchar DEFAULT '', provider_config jsonb DEFAULT '{}');
CREATE TABLE channel_web_widgets (id serial PRIMARY KEY, website_url varchar, account_id int, website_token varchar UNIQUE, hmac_token varchar UNIQUE, widget_color varchar DEFAULT '#1f93ff');
CREATE TABLE conversations (id serial PRIMARY KEY, account_id int NOT NULL REFERENCES accounts, inbox_id int NOT NULL REFERENCES inboxes, status int NOT NULL DEFAULT 0, assignee_id int REFERENCES users, contact_id bigint, display_id int NOT NULL, additional_attributes jsonb DEFAULT '{}', uuid uuid NOT NULL DEFAULT gen_random_uuid(), UNIQUE (account_id, display_id));
CREATE TABLE messages (id bigserial PRIMARY KEY, content text, account_id int NOT NULL, conversation_id int NOT NULL REFERENCES conversations, message_type int NOT NULL, sender_type varchar, sender_id bigint, content_attributes json DEFAULT '{}', source_id text, processed_message_content text);
CREATE TABLE notes (id bigserial PRIMARY KEY, content text NOT NULL, account_id bigint NOT NULL, contact_id int NOT NULL REFERENCES contacts, user_id int REFERENCES users);
CREATE TABLE csat_survey_responses (id bigserial PRIMARY KEY, conversation_id int NOT NULL REFERENCES conversations, rating int NOT NULL CHECK (rating BETWEEN 1 AND 5), feedback_message text, contact_id bigint NOT NULL);
CREATE TABLE access_tokens (id bigserial PRIMARY KEY, owner_type varchar, owner_id bigint, token varchar UNIQUE);
CREATE TABLE canned_responses (id serial PRIMARY KEY, account_id int NOT NULL, short_code varchar, content text);
INSERT INTO accounts (name, domain, support_email) VALUES ('Harbour Line', 'harbourline.co', pg_temp.mail(900)), ('Quill', 'quillpost.org', NULL);
INSERT INTO users (uid, encrypted_password, name, display_name, email, tokens, pubsub_token, message_signature, current_sign_in_ip) SELECT pg_temp.mail(i), '$2a$11$' || left(pg_temp.secret(i, 60), 53), pg_temp.person(i), pg_temp.given(i), pg_temp.mail(i),
  json_build_object(pg_temp.secret(i, 22), json_build_object('token', '$2a$10$' || left(pg_temp.secret(i + 5, 60), 53), 'expiry', 1730000000)), pg_temp.secret(i + 9, 24), 'Best, ' || pg_temp.person(i), host(pg_temp.ip(i)) FROM generate_series(1, 30) i;
INSERT INTO contacts (name, email, phone_number, account_id, additional_attributes, identifier, custom_attributes, labels) SELECT pg_temp.person(i), pg_temp.mail(i), pg_temp.phone(i), 1 + i % 2,
  jsonb_build_object('city', pg_temp.town(i), 'company_name', 'Riverside', 'created_at_ip', host(pg_temp.ip(i)), 'social_profiles', jsonb_build_object('twitter', pg_temp.login(i))), 'ext-' || 40000 + i, jsonb_build_object('plan', pg_temp.pick(i, 'free', 'pro'), 'birthday', pg_temp.born(i)),
  hstore(ARRAY['source', 'referrer'], ARRAY['import', pg_temp.mail(i + 1)]) FROM generate_series(51, 200) i;
INSERT INTO inboxes (account_id, name, channel_type) VALUES (1, 'Mail', 'Channel::Email'), (2, 'Website', 'Channel::WebWidget');
INSERT INTO channel_email (account_id, email, forward_to_email, imap_address, imap_login, imap_password, smtp_password) VALUES (1, pg_temp.mail(901), pg_temp.mail(902), 'imap.harbourline.co', pg_temp.mail(901), pg_temp.secret(1, 18), pg_temp.secret(2, 18));
INSERT INTO channel_web_widgets (website_url, account_id, website_token, hmac_token) VALUES ('https://quillpost.org', 2, pg_temp.secret(3, 24), pg_temp.secret(4, 24));
INSERT INTO conversations (account_id, inbox_id, assignee_id, contact_id, display_id, additional_attributes) SELECT 1 + i % 2, 1 + i % 2, 1 + i % 30, 1 + i % 150, i, jsonb_build_object('referer', 'https://quillpost.org/pricing?email=' || pg_temp.mail(51 + i % 150), 'browser', jsonb_build_object('browser_name', 'Firefox')) FROM generate_series(1, 150) i;
INSERT INTO messages (content, account_id, conversation_id, message_type, sender_type, sender_id, content_attributes, source_id) SELECT pg_temp.letter(51 + i % 150), 1, 1 + i % 150, i % 2, pg_temp.pick(i, 'Contact', 'User'), i, CASE WHEN i % 3 = 0 THEN json_build_object('email', json_build_object('from', json_build_array(pg_temp.mail(51 + i % 150)), 'subject', 'Help')) ELSE '{}' END,
  CASE WHEN i % 3 = 0 THEN pg_temp.secret(i, 20) || '@nordmail.se' END FROM generate_series(1, 450) i;
INSERT INTO notes (content, account_id, contact_id, user_id) SELECT 'Prefers calls, ' || pg_temp.phone(50 + i), 1, i, 1 + i % 30 FROM generate_series(1, 60) i;
INSERT INTO csat_survey_responses (conversation_id, rating, feedback_message, contact_id) SELECT i, 1 + i % 5, pg_temp.pick(i, NULL, 'Great, thank you ' || pg_temp.given(i), 'slow'), i FROM generate_series(1, 50) i;
INSERT INTO access_tokens (owner_type, owner_id, token) SELECT 'User', i, pg_temp.secret(i + 33, 24) FROM generate_series(1, 30) i;
INSERT INTO canned_responses (account_id, short_code, content) VALUES (1, 'hi', 'Hello, how can I help you?'), (1, 'bye', 'Have a nice day!');
