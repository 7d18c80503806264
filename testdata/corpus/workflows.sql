-- Automation: encrypted credentials, settings as key and value, what each step was given and gave, as JSON.
CREATE TABLE "user" (id uuid PRIMARY KEY, email varchar(255) UNIQUE, "firstName" varchar(32), "lastName" varchar(32), password varchar(255), "personalizationAnswers" json, "createdAt" timestamptz(3) NOT NULL DEFAULT now(), settings json,
  "mfaEnabled" boolean NOT NULL DEFAULT false, "mfaSecret" text, "mfaRecoveryCodes" text, "lastActiveAt" date);
CREATE TABLE settings (key varchar(255) PRIMARY KEY, value text NOT NULL, "loadOnStartup" boolean NOT NULL DEFAULT false);
CREATE TABLE credentials_entity (id varchar(36) PRIMARY KEY, name varchar(128) NOT NULL, data text NOT NULL, type varchar(128) NOT NULL, "createdAt" timestamptz(3) NOT NULL DEFAULT now());
CREATE TABLE workflow_entity (id varchar(36) PRIMARY KEY, name varchar(128) NOT NULL, active boolean NOT NULL, nodes json NOT NULL, connections json NOT NULL, settings json, "staticData" json, "pinData" json, "versionId" char(36));
CREATE TABLE execution_entity (id serial PRIMARY KEY, finished boolean NOT NULL, mode varchar NOT NULL, status varchar NOT NULL, "startedAt" timestamptz(3), "workflowId" varchar(36) NOT NULL REFERENCES workflow_entity);
CREATE TABLE execution_data ("executionId" int PRIMARY KEY REFERENCES execution_entity ON DELETE CASCADE, "workflowData" json NOT NULL, data text NOT NULL);
CREATE TABLE webhook_entity ("webhookPath" varchar NOT NULL, method varchar NOT NULL, node varchar NOT NULL, "webhookId" varchar, "pathLength" int, "workflowId" varchar(36) NOT NULL REFERENCES workflow_entity, PRIMARY KEY ("webhookPath", method));
CREATE TABLE variables (id varchar(36) PRIMARY KEY, key varchar(50) NOT NULL UNIQUE, type varchar(50) NOT NULL DEFAULT 'string', value varchar(255));
CREATE TABLE user_api_keys (id varchar(36) PRIMARY KEY, "userId" uuid NOT NULL REFERENCES "user", label varchar(100) NOT NULL, "apiKey" varchar NOT NULL UNIQUE);
CREATE TABLE tag_entity (id varchar(36) PRIMARY KEY, name varchar(24) NOT NULL UNIQUE);
INSERT INTO "user" SELECT md5('w' || i)::uuid, pg_temp.mail(i), pg_temp.given(i), pg_temp.family(i), '$2a$10$' || left(pg_temp.secret(i, 60), 53), '{"companySize": "20-99", "role": "it"}', now(), '{"userActivated": true}', false, NULL, NULL, date '2024-06-01' + i FROM generate_series(1, 60) i;
INSERT INTO settings VALUES ('userManagement.isInstanceOwnerSetUp', 'true', true), ('features.ldap', '{"loginEnabled":false,"bindingAdminPassword":"' || pg_temp.secret(3, 20) || '"}', true), ('license.cert', pg_temp.secret(9, 90), false);
INSERT INTO credentials_entity SELECT md5('cr' || i), pg_temp.pick(i, 'Slack account', 'SMTP', 'Postgres') || ' ' || i, 'U2FsdGVkX1' || encode(decode(pg_temp.secret(i, 90), 'hex'), 'base64'), pg_temp.pick(i, 'slackApi', 'smtp', 'postgres') FROM generate_series(1, 40) i;
INSERT INTO workflow_entity SELECT md5('wf' || i), 'Sync ' || i, true, json_build_array(json_build_object('name', 'Send', 'type', 'n8n-nodes-base.emailSend', 'typeVersion', 1, 'position', json_build_array(460, 300),
  'parameters', json_build_object('toEmail', pg_temp.mail(i), 'subject', 'Report', 'text', pg_temp.letter(i)))), '{"Start": {"main": [[{"node": "Send", "type": "main", "index": 0}]]}}', '{"executionOrder": "v1"}', NULL, NULL, md5('v' || i)::uuid::text FROM generate_series(1, 40) i;
INSERT INTO execution_entity (finished, mode, status, "startedAt", "workflowId") SELECT true, 'trigger', 'success', pg_temp.day(i), md5('wf' || 1 + i % 40) FROM generate_series(1, 120) i;
INSERT INTO execution_data SELECT id, '{}', '[{"resultData":"1"},{"runData":"2"},{"email":"' || pg_temp.mail(id) || '","phone":"' || pg_temp.phone(id) || '"}]' FROM execution_entity;
INSERT INTO webhook_entity SELECT md5('path' || i)::uuid::text, 'POST', 'Webhook', md5('path' || i)::uuid::text, 1, md5('wf' || i) FROM generate_series(1, 10) i;
INSERT INTO variables VALUES ('v1', 'baseUrl', 'string', 'https://api.harbourline.co'), ('v2', 'apiToken', 'string', pg_temp.secret(8, 40)), ('v3', 'ops_mail', 'string', pg_temp.mail(4));
INSERT INTO user_api_keys SELECT md5('ak' || i), md5('w' || i)::uuid, 'My API Key', 'n8n_api_' || pg_temp.secret(i, 40) FROM generate_series(1, 20) i;
INSERT INTO tag_entity VALUES ('t1', 'finance'), ('t2', 'ops');
