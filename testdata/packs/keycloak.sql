CREATE TABLE realm (id varchar(36) PRIMARY KEY, access_code_lifespan int, name varchar(255) UNIQUE, enabled boolean NOT NULL DEFAULT false, ssl_required varchar(255));
CREATE TABLE user_entity (id varchar(36) PRIMARY KEY, email varchar(255), email_constraint varchar(255), email_verified boolean NOT NULL DEFAULT false,
  enabled boolean NOT NULL DEFAULT false, federation_link varchar(255), first_name varchar(255), last_name varchar(255), realm_id varchar(255),
  username varchar(255), created_timestamp bigint, service_account_client_link varchar(255), not_before int NOT NULL DEFAULT 0,
  UNIQUE (realm_id, email_constraint), UNIQUE (realm_id, username));
CREATE TABLE credential (id varchar(36) PRIMARY KEY, salt bytea, type varchar(255), user_id varchar(36) REFERENCES user_entity, created_date bigint,
  user_label varchar(255), secret_data text, credential_data text, priority int);
CREATE TABLE user_attribute (name varchar(255) NOT NULL, value varchar(255), user_id varchar(36) NOT NULL REFERENCES user_entity, id varchar(36) PRIMARY KEY,
  long_value_hash bytea, long_value_hash_lower_case bytea, long_value text);
CREATE TABLE keycloak_role (id varchar(36) PRIMARY KEY, client_realm_constraint varchar(255), client_role boolean NOT NULL DEFAULT false, description varchar(255),
  name varchar(255), realm_id varchar(255), client varchar(36), realm varchar(36) REFERENCES realm, UNIQUE (name, client_realm_constraint));
CREATE TABLE user_role_mapping (role_id varchar(255) NOT NULL, user_id varchar(36) NOT NULL REFERENCES user_entity, PRIMARY KEY (role_id, user_id));
CREATE TABLE keycloak_group (id varchar(36) PRIMARY KEY, name varchar(255), parent_group varchar(36) NOT NULL, realm_id varchar(36));
CREATE TABLE user_group_membership (group_id varchar(36) NOT NULL, user_id varchar(36) NOT NULL REFERENCES user_entity, PRIMARY KEY (group_id, user_id));
CREATE TABLE client (id varchar(36) PRIMARY KEY, enabled boolean NOT NULL DEFAULT false, client_id varchar(255), secret varchar(255), realm_id varchar(36),
  registration_token varchar(255), base_url varchar(255), UNIQUE (realm_id, client_id));
CREATE TABLE redirect_uris (client_id varchar(36) NOT NULL REFERENCES client, value varchar(255) NOT NULL, PRIMARY KEY (client_id, value));
CREATE TABLE component (id varchar(36) PRIMARY KEY, name varchar(255), parent_id varchar(36), provider_id varchar(36), realm_id varchar(36) REFERENCES realm);
CREATE TABLE component_config (id varchar(36) PRIMARY KEY, component_id varchar(36) NOT NULL REFERENCES component, name varchar(255) NOT NULL, value text);
CREATE TABLE realm_smtp_config (realm_id varchar(36) NOT NULL REFERENCES realm, value varchar(255), name varchar(255) NOT NULL, PRIMARY KEY (realm_id, name));
CREATE TABLE federated_identity (identity_provider varchar(255) NOT NULL, realm_id varchar(36), federated_user_id varchar(255), federated_username varchar(255),
  token text, user_id varchar(36) NOT NULL REFERENCES user_entity, PRIMARY KEY (identity_provider, user_id));
CREATE TABLE offline_user_session (user_session_id varchar(36) NOT NULL, user_id varchar(255) NOT NULL, data text, offline_flag varchar(4) NOT NULL, PRIMARY KEY (user_session_id, offline_flag));
CREATE TABLE event_entity (id varchar(36) PRIMARY KEY, details_json varchar(2550), ip_address varchar(255), user_id varchar(255));
CREATE TABLE identity_provider (internal_id varchar(36) PRIMARY KEY, provider_alias varchar(255));
CREATE TABLE identity_provider_config (identity_provider_id varchar(36) NOT NULL REFERENCES identity_provider, value text, name varchar(255) NOT NULL, PRIMARY KEY (identity_provider_id, name));
CREATE TABLE migration_model (id varchar(36) PRIMARY KEY, version varchar(36), update_time bigint NOT NULL DEFAULT 0);
CREATE FUNCTION pg_temp.kid(kind text, i int) RETURNS text LANGUAGE sql AS $$ SELECT md5(kind || i)::uuid::text $$;
INSERT INTO realm VALUES (pg_temp.kid('r', 1), 60, 'shop', true, 'external');
INSERT INTO user_entity (id, email, email_constraint, first_name, last_name, realm_id, username, created_timestamp)
  SELECT pg_temp.kid('u', i), pg_temp.mail(i), pg_temp.mail(i), pg_temp.given(i), pg_temp.family(i), pg_temp.kid('r', 1), pg_temp.login(i), 1700000000000 + i
  FROM generate_series(1, 60) i;
INSERT INTO credential (id, type, user_id, secret_data, credential_data) SELECT pg_temp.kid('c', i), 'password', pg_temp.kid('u', i),
  '{"value":"s3cr3t","salt":"s3cr3t"}', '{"hashIterations":27500}' FROM generate_series(1, 60) i;
INSERT INTO user_attribute (name, value, user_id, id) SELECT 'phone', pg_temp.phone(i), pg_temp.kid('u', i), pg_temp.kid('a', i) FROM generate_series(1, 60) i;
INSERT INTO keycloak_role VALUES (pg_temp.kid('o', 1), 'x', false, 'may edit', 'editor', pg_temp.kid('r', 1), NULL, pg_temp.kid('r', 1));
INSERT INTO user_role_mapping SELECT pg_temp.kid('o', 1), pg_temp.kid('u', i) FROM generate_series(1, 9) i;
INSERT INTO keycloak_group VALUES (pg_temp.kid('g', 1), 'staff', ' ', pg_temp.kid('r', 1));
INSERT INTO user_group_membership SELECT pg_temp.kid('g', 1), pg_temp.kid('u', i) FROM generate_series(1, 9) i;
INSERT INTO client VALUES (pg_temp.kid('l', 1), true, 'shop-web', 's3cr3t1', pg_temp.kid('r', 1), 's3cr3t2', '/');
INSERT INTO redirect_uris VALUES (pg_temp.kid('l', 1), 'https://shop.brightwater-mail.net/*');
INSERT INTO component VALUES (pg_temp.kid('k', 1), 'rsa-generated', NULL, 'rsa-generated', pg_temp.kid('r', 1));
INSERT INTO component_config VALUES (pg_temp.kid('f', 1), pg_temp.kid('k', 1), 'privateKey', 's3cr3t');
INSERT INTO realm_smtp_config VALUES (pg_temp.kid('r', 1), 's3cr3t', 'password');
INSERT INTO federated_identity SELECT 'google', pg_temp.kid('r', 1), 's3cr3t' || i, pg_temp.mail(i), 's3cr3t', pg_temp.kid('u', i) FROM generate_series(1, 9) i;
INSERT INTO offline_user_session SELECT pg_temp.kid('s', i), pg_temp.kid('u', i), 's3cr3t', '0' FROM generate_series(1, 9) i;
INSERT INTO event_entity SELECT pg_temp.kid('e', i), '{"username":"' || pg_temp.mail(i) || '"}', host(pg_temp.ip(i)), pg_temp.kid('u', i) FROM generate_series(1, 9) i;
INSERT INTO identity_provider VALUES (pg_temp.kid('i', 1), 'google');
INSERT INTO identity_provider_config VALUES (pg_temp.kid('i', 1), 's3cr3t', 'clientSecret');
INSERT INTO migration_model VALUES ('a1', '25.0.0', 1);
