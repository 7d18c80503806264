-- Metabase v50: log-in by core_user, alerts and subscriptions as pulses.
CREATE EXTENSION IF NOT EXISTS citext;
CREATE TABLE databasechangelog (id varchar(255) NOT NULL, author varchar(255) NOT NULL, filename varchar(255) NOT NULL, dateexecuted timestamp NOT NULL, orderexecuted int NOT NULL,
  exectype varchar(10) NOT NULL, md5sum varchar(35), description varchar(255), comments varchar(255), tag varchar(255), liquibase varchar(20), contexts varchar(255),
  labels varchar(255), deployment_id varchar(10));
CREATE TABLE databasechangeloglock (id int PRIMARY KEY, locked boolean NOT NULL, lockgranted timestamp, lockedby varchar(255));
CREATE TABLE core_user (id serial PRIMARY KEY, email citext NOT NULL UNIQUE, first_name varchar(254), last_name varchar(254), password varchar(254),
  password_salt varchar(254) DEFAULT 'default', date_joined timestamptz NOT NULL, last_login timestamptz, is_superuser boolean NOT NULL, is_active boolean NOT NULL,
  reset_token varchar(254), reset_triggered bigint, is_qbnewb boolean NOT NULL DEFAULT true, is_datasetnewb boolean NOT NULL DEFAULT true, login_attributes text, settings text,
  updated_at timestamp, sso_source varchar(254), locale varchar(5), type varchar(64) NOT NULL DEFAULT 'personal', entity_id char(21));
CREATE TABLE core_session (id varchar(254) PRIMARY KEY, user_id int NOT NULL REFERENCES core_user, created_at timestamptz NOT NULL, anti_csrf_token text);
CREATE TABLE login_history (id serial PRIMARY KEY, "timestamp" timestamptz NOT NULL, user_id int NOT NULL REFERENCES core_user, session_id varchar(254), device_id char(36) NOT NULL,
  device_description text NOT NULL, ip_address text NOT NULL);
CREATE TABLE api_key (id serial PRIMARY KEY, user_id int REFERENCES core_user, key varchar(254) NOT NULL UNIQUE, key_prefix varchar(7) NOT NULL UNIQUE, creator_id int NOT NULL REFERENCES core_user,
  created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, name varchar(254) NOT NULL UNIQUE, updated_by_id int NOT NULL REFERENCES core_user, scope varchar(64));
CREATE TABLE permissions_group (id serial PRIMARY KEY, name varchar(255) NOT NULL UNIQUE, entity_id char(21));
CREATE TABLE permissions_group_membership (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES core_user, group_id int NOT NULL REFERENCES permissions_group, is_group_manager boolean NOT NULL);
CREATE TABLE permissions (id serial PRIMARY KEY, object varchar(254) NOT NULL, group_id int NOT NULL REFERENCES permissions_group);
CREATE TABLE permissions_revision (id serial PRIMARY KEY, before text NOT NULL, after text NOT NULL, user_id int NOT NULL REFERENCES core_user, created_at timestamptz NOT NULL, remark text);
CREATE TABLE setting (key varchar(254) PRIMARY KEY, value text NOT NULL);
CREATE TABLE secret (id serial, version int NOT NULL DEFAULT 1, creator_id int REFERENCES core_user, created_at timestamptz NOT NULL, updated_at timestamptz, name varchar(254), kind varchar(254) NOT NULL,
  source varchar(254), value bytea NOT NULL, PRIMARY KEY (id, version));
CREATE TABLE metabase_database (id serial PRIMARY KEY, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, name varchar(254) NOT NULL, description text, details text NOT NULL,
  engine varchar(254) NOT NULL, is_sample boolean NOT NULL DEFAULT false, is_full_sync boolean NOT NULL DEFAULT true, points_of_interest text, caveats text,
  metadata_sync_schedule varchar(254) NOT NULL, cache_field_values_schedule varchar(254), timezone varchar(254), is_on_demand boolean NOT NULL DEFAULT false,
  auto_run_queries boolean NOT NULL DEFAULT true, refingerprint boolean, cache_ttl int, initial_sync_status varchar(32) NOT NULL, creator_id int REFERENCES core_user, settings text,
  dbms_version text, is_audit boolean NOT NULL DEFAULT false, uploads_enabled boolean NOT NULL DEFAULT false, uploads_schema_name text, uploads_table_prefix text);
CREATE TABLE metabase_table (id serial PRIMARY KEY, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, name varchar(256) NOT NULL, description text, entity_type varchar(254),
  active boolean NOT NULL, db_id int NOT NULL REFERENCES metabase_database, display_name varchar(256), visibility_type varchar(254), schema varchar(254), points_of_interest text, caveats text,
  show_in_getting_started boolean NOT NULL DEFAULT false, field_order varchar(254) NOT NULL DEFAULT 'database', initial_sync_status varchar(32) NOT NULL);
CREATE TABLE metabase_field (id serial PRIMARY KEY, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, name varchar(254) NOT NULL, base_type varchar(255) NOT NULL,
  semantic_type varchar(255), active boolean NOT NULL DEFAULT true, description text, table_id int NOT NULL REFERENCES metabase_table, parent_id int, display_name varchar(254), points_of_interest text,
  caveats text, fingerprint text, fingerprint_version int NOT NULL DEFAULT 0, database_type text NOT NULL, settings text, database_position int NOT NULL DEFAULT 0);
CREATE TABLE metabase_fieldvalues (id serial PRIMARY KEY, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, "values" text, human_readable_values text, field_id int NOT NULL REFERENCES metabase_field);
CREATE TABLE collection (id serial PRIMARY KEY, name text NOT NULL, description text, archived boolean NOT NULL DEFAULT false, location varchar(254) NOT NULL DEFAULT '/',
  personal_owner_id int UNIQUE REFERENCES core_user, slug varchar(510) NOT NULL, namespace varchar(254), authority_level varchar(255), entity_id char(21) UNIQUE, created_at timestamptz NOT NULL,
  type varchar(256));
CREATE TABLE report_card (id serial PRIMARY KEY, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, name varchar(254) NOT NULL, description text, display varchar(254) NOT NULL,
  dataset_query text NOT NULL, visualization_settings text NOT NULL, creator_id int NOT NULL REFERENCES core_user, database_id int NOT NULL REFERENCES metabase_database,
  table_id int REFERENCES metabase_table, query_type varchar(16), archived boolean NOT NULL DEFAULT false, collection_id int REFERENCES collection, public_uuid char(36) UNIQUE,
  made_public_by_id int REFERENCES core_user, enable_embedding boolean NOT NULL DEFAULT false, embedding_params text, cache_ttl int, result_metadata text, collection_position smallint,
  entity_id char(21) UNIQUE, parameters text, parameter_mappings text, collection_preview boolean NOT NULL DEFAULT true, metabase_version varchar(100), type varchar(16) NOT NULL DEFAULT 'question',
  view_count int NOT NULL DEFAULT 0);
CREATE TABLE report_dashboard (id serial PRIMARY KEY, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, name varchar(254) NOT NULL, description text,
  creator_id int NOT NULL REFERENCES core_user, parameters text NOT NULL, points_of_interest text, caveats text, show_in_getting_started boolean NOT NULL DEFAULT false,
  public_uuid char(36) UNIQUE, made_public_by_id int REFERENCES core_user, enable_embedding boolean NOT NULL DEFAULT false, embedding_params text, archived boolean NOT NULL DEFAULT false,
  position int, collection_id int REFERENCES collection, entity_id char(21) UNIQUE);
CREATE TABLE report_dashboardcard (id serial PRIMARY KEY, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, size_x int NOT NULL, size_y int NOT NULL, "row" int NOT NULL,
  col int NOT NULL, card_id int REFERENCES report_card, dashboard_id int NOT NULL REFERENCES report_dashboard, parameter_mappings text NOT NULL, visualization_settings text NOT NULL,
  entity_id char(21), action_id int, dashboard_tab_id int);
CREATE TABLE native_query_snippet (id serial PRIMARY KEY, name varchar(254) NOT NULL UNIQUE, description text, content text NOT NULL, creator_id int NOT NULL REFERENCES core_user,
  archived boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE action (id serial PRIMARY KEY, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, type text NOT NULL, model_id int NOT NULL REFERENCES report_card, name varchar(254) NOT NULL,
  description text, parameters text, parameter_mappings text, visualization_settings text, public_uuid char(36), made_public_by_id int, creator_id int, archived boolean NOT NULL DEFAULT false);
CREATE TABLE http_action (action_id int PRIMARY KEY REFERENCES action ON DELETE CASCADE, template text NOT NULL, response_handle text, error_handle text);
CREATE TABLE pulse (id serial PRIMARY KEY, creator_id int NOT NULL REFERENCES core_user, name varchar(254), created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE pulse_channel (id serial PRIMARY KEY, pulse_id int NOT NULL REFERENCES pulse, channel_type varchar(32) NOT NULL, details text NOT NULL);
CREATE TABLE query (query_hash bytea PRIMARY KEY, average_execution_time int NOT NULL, query text);
CREATE TABLE query_cache (query_hash bytea PRIMARY KEY, updated_at timestamptz NOT NULL, results bytea NOT NULL);
CREATE TABLE revision (id serial PRIMARY KEY, model varchar(16) NOT NULL, model_id int NOT NULL, user_id int NOT NULL REFERENCES core_user, "timestamp" timestamptz NOT NULL, object text NOT NULL);
CREATE TABLE qrtz_job_details (sched_name varchar(120) NOT NULL, job_name varchar(200) NOT NULL, job_group varchar(200) NOT NULL, job_data bytea, PRIMARY KEY (sched_name, job_name, job_group));
CREATE TABLE timeline_event (id serial PRIMARY KEY, timeline_id int, name varchar(255) NOT NULL, description text, "timestamp" timestamptz NOT NULL);
CREATE TABLE moderation_review (id serial PRIMARY KEY, status varchar(255), text text, moderated_item_id int NOT NULL, moderator_id int NOT NULL);

INSERT INTO databasechangelog VALUES ('v50.2024-04-25T01:04:06', 'somebody', 'migrations/001_update_migrations.yaml', '2024-05-01', 1, 'EXECUTED', '9:abc', 'sql', '', NULL, '4.26.0', NULL, NULL, '4');
INSERT INTO databasechangeloglock VALUES (1, false, NULL, NULL);
INSERT INTO core_user (email, first_name, last_name, password, password_salt, date_joined, is_superuser, is_active, reset_token, reset_triggered, login_attributes, settings, sso_source)
  SELECT pg_temp.mail(i), pg_temp.given(i), pg_temp.family(i), '$2a$10$s3cr3t' || left(md5('a' || i) || md5('b' || i), 47), gen_random_uuid(), pg_temp.day(i), i = 1, true,
    's3cr3t' || md5('r' || i), 1700000000000, '{"phone": "' || pg_temp.phone(i) || '"}', '{"last-acknowledged-version": "' || pg_temp.mail(i) || '"}', 'google' FROM generate_series(1, 30) i;
INSERT INTO core_session SELECT 's3cr3t' || md5('s' || i), i, now(), NULL FROM generate_series(1, 30) i;
INSERT INTO login_history ("timestamp", user_id, device_id, device_description, ip_address) SELECT now(), i, gen_random_uuid(), pg_temp.agent(i), host(pg_temp.ip(i)) FROM generate_series(1, 30) i;
INSERT INTO api_key (user_id, key, key_prefix, creator_id, created_at, updated_at, name, updated_by_id) VALUES (1, '$2a$10$s3cr3tkey', 'mb_s3cr', 1, now(), now(), 'of ' || pg_temp.person(1), 1);
INSERT INTO permissions_group (name) VALUES ('All Users'), ('Administrators');
INSERT INTO permissions_group_membership (user_id, group_id, is_group_manager) SELECT i, 1, false FROM generate_series(1, 30) i;
INSERT INTO permissions (object, group_id) VALUES ('/collection/root/', 1);
INSERT INTO permissions_revision (before, after, user_id, created_at, remark) VALUES ('{}', '{}', 1, now(), 'asked for by ' || pg_temp.mail(2));
INSERT INTO setting VALUES ('email-smtp-password', 's3cr3t'), ('slack-app-token', 'xoxb-s3cr3t-0123456789'), ('admin-email', pg_temp.mail(1)), ('encryption-check', 'unencrypted');
INSERT INTO secret (creator_id, created_at, name, kind, value) VALUES (1, now(), 'ssh', 'pem-cert', 's3cr3t');
INSERT INTO metabase_database (created_at, updated_at, name, description, details, engine, metadata_sync_schedule, initial_sync_status, creator_id, settings, caveats)
  SELECT now(), now(), 'shop ' || i, 'Ask ' || pg_temp.mail(i), '{"host": "db.brightwater-mail.net", "port": 5432, "user": "app", "password": "s3cr3t"}', 'postgres', '0 50 * * * ? *', 'complete', 1,
    '{"a": "s3cr3t"}', 'Call ' || pg_temp.phone(i) FROM generate_series(1, 3) i;
INSERT INTO metabase_table (created_at, updated_at, name, description, active, db_id, schema, initial_sync_status) SELECT now(), now(), 'orders', 'Ask ' || pg_temp.mail(i), true, i, 'public', 'complete' FROM generate_series(1, 3) i;
INSERT INTO metabase_field (created_at, updated_at, name, base_type, description, table_id, fingerprint, database_type, settings)
  SELECT now(), now(), 'email', 'type/Text', 'as ' || pg_temp.mail(i), i, '{"type": {"type/Text": {"max": "' || pg_temp.mail(i) || '"}}}', 'text', '{"prefix": "' || pg_temp.mail(i) || '"}' FROM generate_series(1, 3) i;
INSERT INTO metabase_fieldvalues (created_at, updated_at, "values", field_id) SELECT now(), now(), '["' || pg_temp.mail(i) || '"]', i FROM generate_series(1, 3) i;
INSERT INTO collection (name, description, personal_owner_id, slug, created_at) SELECT pg_temp.person(i) || '''s Personal Collection', NULL, i, lower(replace(pg_temp.person(i), ' ', '_')), now() FROM generate_series(1, 30) i;
INSERT INTO collection (name, description, slug, created_at) VALUES ('Sales', 'Ask ' || pg_temp.mail(7), 'sales', now());
INSERT INTO report_card (created_at, updated_at, name, description, display, dataset_query, visualization_settings, creator_id, database_id, table_id, query_type, collection_id, public_uuid, made_public_by_id,
    enable_embedding, embedding_params, result_metadata, parameters, parameter_mappings)
  SELECT now(), now(), 'Orders of ' || pg_temp.mail(i), 'Made by ' || pg_temp.person(1 + i % 30) || ', call ' || pg_temp.phone(i), 'table',
    CASE WHEN i % 2 = 0 THEN '{"database":1,"type":"query","query":{"source-table":1,"filter":["=",["field",1,null],"' || pg_temp.mail(i) || '"],"limit":2000},"on":true}'
      ELSE '{"database":1,"type":"native","native":{"query":"SELECT * FROM orders WHERE mail = ''' || pg_temp.mail(i) || '''","template-tags":{}}}' END,
    '{"graph.dimensions":["created_at"],"text":"' || pg_temp.mail(i) || '"}', 1 + i % 30, 1, 1, 'query', 31, gen_random_uuid(), 1, true, '{"id":"locked"}',
    '[{"name":"email","fingerprint":{"max":"' || pg_temp.mail(i) || '"}}]', '[{"id":"a","type":"string/=","default":["' || pg_temp.mail(i) || '"]}]', '[]' FROM generate_series(1, 40) i;
INSERT INTO report_dashboard (created_at, updated_at, name, description, creator_id, parameters, public_uuid, made_public_by_id, enable_embedding)
  SELECT now(), now(), 'Board for ' || pg_temp.mail(i), 'Made by ' || pg_temp.person(i), i, '[{"slug":"mail","default":"' || pg_temp.mail(i) || '"}]', gen_random_uuid(), 1, true FROM generate_series(1, 6) i;
INSERT INTO report_dashboardcard (created_at, updated_at, size_x, size_y, "row", col, card_id, dashboard_id, parameter_mappings, visualization_settings)
  SELECT now(), now(), 4, 4, 0, 0, i, i, '[{"card_id":' || i || ',"target":["variable",["template-tag","mail"]]}]', '{"text":"Write to ' || pg_temp.mail(i) || '"}' FROM generate_series(1, 6) i;
INSERT INTO native_query_snippet (name, description, content, creator_id, created_at, updated_at) SELECT 'snippet ' || i, 'by ' || pg_temp.mail(i), 'mail = ''' || pg_temp.mail(i) || '''', 1, now(), now() FROM generate_series(1, 3) i;
INSERT INTO action (created_at, updated_at, type, model_id, name, parameters) VALUES (now(), now(), 'http', 1, 'call', '[]'), (now(), now(), 'implicit', 1, 'update', '[]');
INSERT INTO http_action VALUES (1, '{"url": "https://hooks.zapier.com/hooks/catch/1234567/s3cr3t0", "headers": "s3cr3t"}');
INSERT INTO pulse (creator_id, name, created_at, updated_at) VALUES (1, 'weekly for ' || pg_temp.person(2), now(), now());
INSERT INTO pulse_channel (pulse_id, channel_type, details) VALUES (1, 'email', '{"emails": ["' || pg_temp.mail(2) || '"]}');
INSERT INTO query VALUES ('\x01', 1, '{"native": "' || pg_temp.mail(3) || '"}');
INSERT INTO query_cache VALUES ('\x01', now(), convert_to(pg_temp.mail(3) || 's3cr3t', 'UTF8'));
INSERT INTO revision (model, model_id, user_id, "timestamp", object) VALUES ('Card', 1, 1, now(), '{"name": "' || pg_temp.person(4) || '"}');
INSERT INTO qrtz_job_details VALUES ('MetabaseScheduler', 'metabase.task.send-pulses', 'DEFAULT', convert_to('s3cr3t' || pg_temp.mail(5), 'UTF8'));
INSERT INTO timeline_event (name, description, "timestamp") VALUES ('launch by ' || pg_temp.mail(3), 'Ask ' || pg_temp.mail(3), now());
INSERT INTO moderation_review (status, text, moderated_item_id, moderator_id) VALUES ('verified', 'ok, says ' || pg_temp.person(6), 1, 1);
