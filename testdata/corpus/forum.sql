-- A forum: addresses in a table of their own, posts raw and rendered, a store of settings for plug-ins.
CREATE TABLE users (id serial PRIMARY KEY, username varchar(60) NOT NULL, username_lower varchar(60) NOT NULL UNIQUE, name varchar, created_at timestamp NOT NULL DEFAULT now(), password_hash varchar(64), salt varchar(32), active boolean NOT NULL DEFAULT true,
  last_seen_at timestamp, admin boolean NOT NULL DEFAULT false, ip_address inet, registration_ip_address inet, trust_level int NOT NULL DEFAULT 1, title varchar, secure_identifier varchar UNIQUE);
CREATE TABLE user_emails (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, email varchar(513) NOT NULL, normalized_email varchar, "primary" boolean NOT NULL DEFAULT true);
CREATE UNIQUE INDEX ON user_emails (lower(email));
CREATE TABLE email_tokens (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, email varchar NOT NULL, token_hash varchar NOT NULL UNIQUE, confirmed boolean NOT NULL DEFAULT false);
CREATE TABLE user_profiles (user_id int PRIMARY KEY REFERENCES users, location varchar, website varchar, bio_raw text, bio_cooked text, views int NOT NULL DEFAULT 0);
CREATE TABLE categories (id serial PRIMARY KEY, name varchar(50) NOT NULL, slug varchar NOT NULL, color char(6) NOT NULL DEFAULT 'AB9364', user_id int NOT NULL REFERENCES users, description text);
CREATE TABLE topics (id serial PRIMARY KEY, title varchar NOT NULL, user_id int REFERENCES users, category_id int REFERENCES categories, slug varchar, views int NOT NULL DEFAULT 0, created_at timestamp NOT NULL DEFAULT now());
CREATE TABLE posts (id serial PRIMARY KEY, user_id int REFERENCES users, topic_id int NOT NULL REFERENCES topics, post_number int NOT NULL, raw text NOT NULL, cooked text NOT NULL, raw_email text, locale varchar(10), word_count int, UNIQUE (topic_id, post_number));
CREATE TABLE post_search_data (post_id int PRIMARY KEY REFERENCES posts, search_data tsvector, raw_data text, locale text);
CREATE TABLE user_auth_tokens (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, auth_token varchar NOT NULL UNIQUE, prev_auth_token varchar NOT NULL UNIQUE, user_agent varchar, client_ip inet);
CREATE TABLE plugin_store_rows (id serial PRIMARY KEY, plugin_name varchar NOT NULL, key varchar NOT NULL, type_name varchar NOT NULL, value text, UNIQUE (plugin_name, key));
CREATE TABLE site_settings (id serial PRIMARY KEY, name varchar NOT NULL UNIQUE, data_type int NOT NULL, value text);
CREATE TABLE user_visits (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, visited_at date NOT NULL, posts_read int DEFAULT 0, UNIQUE (user_id, visited_at));
CREATE TABLE incoming_emails (id serial PRIMARY KEY, user_id int, message_id varchar, from_address varchar, to_addresses text, subject varchar, raw text, error text);
INSERT INTO users (username, username_lower, name, password_hash, salt, ip_address, registration_ip_address, secure_identifier)
  SELECT initcap(pg_temp.login(i)), pg_temp.login(i), pg_temp.person(i), pg_temp.secret(i, 64), pg_temp.secret(i + 1, 32), pg_temp.ip(i), pg_temp.ip(i + 5), pg_temp.secret(i + 77, 40) FROM generate_series(1, 120) i;
INSERT INTO user_emails (user_id, email, normalized_email) SELECT i, pg_temp.mail(i), replace(split_part(pg_temp.mail(i), '@', 1), '.', '') || '@' || split_part(pg_temp.mail(i), '@', 2) FROM generate_series(1, 120) i;
INSERT INTO email_tokens (user_id, email, token_hash) SELECT i, pg_temp.mail(i), encode(sha256(i::text::bytea), 'hex') FROM generate_series(1, 60) i;
INSERT INTO user_profiles SELECT i, pg_temp.town(i), 'https://' || pg_temp.login(i) || '.brightwater-mail.net', 'I live in ' || pg_temp.town(i) || '. Mail: ' || pg_temp.mail(i), '<p>I live in ' || pg_temp.town(i) || '. Mail: ' || pg_temp.mail(i) || '</p>', i FROM generate_series(1, 80) i;
INSERT INTO categories (name, slug, user_id, description) SELECT pg_temp.pick(i, 'Support', 'Feedback', 'Lounge'), pg_temp.pick(i, 'support', 'feedback', 'lounge'), 1, 'Where people ask for help.' FROM generate_series(1, 3) i;
INSERT INTO topics (title, user_id, category_id, slug) SELECT pg_temp.pick(i, 'Cannot log in since the update', 'How to export data?', 'Dark theme') || ' ' || i, i, 1 + i % 3, 'topic-' || i FROM generate_series(1, 60) i;
INSERT INTO posts (user_id, topic_id, post_number, raw, cooked, raw_email, word_count) SELECT 1 + i % 120, 1 + i % 60, 1 + i / 60, pg_temp.letter(i), '<p>' || pg_temp.letter(i) || '</p>',
  CASE WHEN i % 10 = 0 THEN 'From: ' || pg_temp.person(1 + i % 120) || ' <' || pg_temp.mail(1 + i % 120) || '>' || E'\r\nSubject: Re: topic\r\n\r\n' || pg_temp.letter(i) END, 9 FROM generate_series(0, 299) i;
INSERT INTO post_search_data SELECT id, to_tsvector('simple', raw), raw, 'en' FROM posts;
INSERT INTO user_auth_tokens (user_id, auth_token, prev_auth_token, user_agent, client_ip) SELECT i, pg_temp.secret(i + 11, 44), pg_temp.secret(i + 12, 43), pg_temp.agent(i), pg_temp.ip(i) FROM generate_series(1, 90) i;
INSERT INTO plugin_store_rows (plugin_name, key, type_name, value) VALUES ('chat', 'version', 'Integer', '3'), ('oauth2', 'user_17', 'JSON', '{"user_id": 17, "email": "' || pg_temp.mail(17) || '"}'), ('poll', 'enabled', 'String', 'true');
INSERT INTO site_settings (name, data_type, value) VALUES ('title', 1, 'Forum'), ('smtp_password', 1, pg_temp.secret(4, 24)), ('contact_email', 1, pg_temp.mail(2)), ('max_topics', 3, '20');
INSERT INTO user_visits (user_id, visited_at) SELECT i, date '2024-05-01' + i % 20 FROM generate_series(1, 120) i;
INSERT INTO incoming_emails (user_id, message_id, from_address, to_addresses, subject, raw) SELECT i, '<' || pg_temp.secret(i, 20) || '@nordmail.se>', pg_temp.mail(i), 'forum@harbourline.co', 'Re: topic', 'From: ' || pg_temp.mail(i) || E'\n\n' || pg_temp.letter(i) FROM generate_series(1, 30) i;
