CREATE TABLE django_content_type (id serial PRIMARY KEY, app_label varchar(100) NOT NULL, model varchar(100) NOT NULL, UNIQUE (app_label, model));
CREATE TABLE django_migrations (id bigserial PRIMARY KEY, app varchar(255) NOT NULL, name varchar(255) NOT NULL, applied timestamptz NOT NULL);
CREATE TABLE django_site (id serial PRIMARY KEY, domain varchar(100) NOT NULL UNIQUE, name varchar(50) NOT NULL);
CREATE TABLE django_session (session_key varchar(40) PRIMARY KEY, session_data text NOT NULL, expire_date timestamptz NOT NULL);
CREATE TABLE auth_permission (id serial PRIMARY KEY, name varchar(255) NOT NULL, content_type_id int NOT NULL REFERENCES django_content_type,
  codename varchar(100) NOT NULL, UNIQUE (content_type_id, codename));
CREATE TABLE auth_group (id serial PRIMARY KEY, name varchar(150) NOT NULL UNIQUE);
CREATE TABLE auth_group_permissions (id bigserial PRIMARY KEY, group_id int NOT NULL REFERENCES auth_group,
  permission_id int NOT NULL REFERENCES auth_permission, UNIQUE (group_id, permission_id));
CREATE TABLE auth_user (id serial PRIMARY KEY, password varchar(128) NOT NULL, last_login timestamptz, is_superuser boolean NOT NULL,
  username varchar(150) NOT NULL UNIQUE, first_name varchar(150) NOT NULL, last_name varchar(150) NOT NULL, email varchar(254) NOT NULL,
  is_staff boolean NOT NULL, is_active boolean NOT NULL, date_joined timestamptz NOT NULL);
CREATE TABLE auth_user_groups (id bigserial PRIMARY KEY, user_id int NOT NULL REFERENCES auth_user, group_id int NOT NULL REFERENCES auth_group, UNIQUE (user_id, group_id));
CREATE TABLE auth_user_user_permissions (id bigserial PRIMARY KEY, user_id int NOT NULL REFERENCES auth_user,
  permission_id int NOT NULL REFERENCES auth_permission, UNIQUE (user_id, permission_id));
CREATE TABLE django_admin_log (id serial PRIMARY KEY, action_time timestamptz NOT NULL, object_id text, object_repr varchar(200) NOT NULL,
  action_flag smallint NOT NULL CHECK (action_flag >= 0), change_message text NOT NULL, content_type_id int REFERENCES django_content_type,
  user_id int NOT NULL REFERENCES auth_user);
CREATE TABLE account_emailaddress (id serial PRIMARY KEY, email varchar(254) NOT NULL, verified boolean NOT NULL, "primary" boolean NOT NULL,
  user_id int NOT NULL REFERENCES auth_user, UNIQUE (user_id, email));
CREATE TABLE account_emailconfirmation (id serial PRIMARY KEY, created timestamptz NOT NULL, sent timestamptz, key varchar(64) NOT NULL UNIQUE,
  email_address_id int NOT NULL REFERENCES account_emailaddress);
CREATE TABLE authtoken_token (key varchar(40) PRIMARY KEY, created timestamptz NOT NULL, user_id int NOT NULL UNIQUE REFERENCES auth_user);
CREATE TABLE otp_totp_totpdevice (id serial PRIMARY KEY, name varchar(64) NOT NULL, confirmed boolean NOT NULL, key varchar(80) NOT NULL,
  user_id int NOT NULL REFERENCES auth_user);
CREATE TABLE oauth2_provider_accesstoken (id bigserial PRIMARY KEY, token varchar(255) NOT NULL UNIQUE, expires timestamptz NOT NULL,
  scope text NOT NULL, user_id int REFERENCES auth_user);
INSERT INTO django_content_type (app_label, model) VALUES ('auth', 'user'), ('auth', 'group');
INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0001_initial', now());
INSERT INTO django_site (domain, name) VALUES ('shop.brightwater-mail.net', 'Shop');
INSERT INTO auth_permission (name, content_type_id, codename) VALUES ('Can add user', 1, 'add_user');
INSERT INTO auth_group (name) VALUES ('editors');
INSERT INTO auth_group_permissions (group_id, permission_id) VALUES (1, 1);
INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
  SELECT 'pbkdf2_sha256$600000$s3cr3t' || i || '$' || pg_temp.secret(i, 43) || '=', i = 1, pg_temp.login(i), pg_temp.given(i), pg_temp.family(i),
    pg_temp.mail(i), i < 3, true, pg_temp.day(i) FROM generate_series(1, 60) i;
INSERT INTO auth_user_groups (user_id, group_id) VALUES (1, 1);
INSERT INTO auth_user_user_permissions (user_id, permission_id) VALUES (2, 1);
INSERT INTO django_session SELECT 's3cr3t' || i, 's3cr3t' || pg_temp.mail(i), now() FROM generate_series(1, 9) i;
INSERT INTO django_admin_log (action_time, object_repr, action_flag, change_message, user_id)
  SELECT now(), pg_temp.person(i), 2, 'changed ' || pg_temp.mail(i), 1 FROM generate_series(1, 9) i;
INSERT INTO account_emailaddress (email, verified, "primary", user_id) SELECT pg_temp.mail(i), true, true, i FROM generate_series(1, 60) i;
INSERT INTO account_emailconfirmation (created, key, email_address_id) SELECT now(), 's3cr3t' || i, i FROM generate_series(1, 9) i;
INSERT INTO authtoken_token SELECT 's3cr3t' || pg_temp.secret(i, 30), now(), i FROM generate_series(1, 9) i;
INSERT INTO otp_totp_totpdevice (name, confirmed, key, user_id) SELECT 'phone', true, 's3cr3t' || i, i FROM generate_series(1, 9) i;
INSERT INTO oauth2_provider_accesstoken (token, expires, scope, user_id) SELECT 's3cr3t' || i, now(), 'read', i FROM generate_series(1, 9) i;
