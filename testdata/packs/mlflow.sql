-- MLflow 3.x of autumn 2026, with workspaces.
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE TABLE experiments (experiment_id serial PRIMARY KEY, name varchar(256) NOT NULL UNIQUE, artifact_location varchar(256),
  lifecycle_stage varchar(32) CHECK (lifecycle_stage IN ('active', 'deleted')), creation_time bigint, last_update_time bigint);
CREATE TABLE experiment_tags (key varchar(250) NOT NULL, value varchar(5000), experiment_id int NOT NULL REFERENCES experiments, PRIMARY KEY (key, experiment_id));
CREATE TABLE runs (run_uuid varchar(32) PRIMARY KEY, name varchar(250), source_type varchar(20), source_name varchar(500), entry_point_name varchar(50),
  user_id varchar(256), status varchar(9) CHECK (status IN ('SCHEDULED', 'FAILED', 'FINISHED', 'RUNNING', 'KILLED')), start_time bigint, end_time bigint,
  deleted_time bigint, source_version varchar(50), lifecycle_stage varchar(20), artifact_uri varchar(200), experiment_id int REFERENCES experiments,
  CHECK (source_type IN ('NOTEBOOK', 'JOB', 'LOCAL', 'UNKNOWN', 'PROJECT')), CHECK (lifecycle_stage IN ('active', 'deleted')));
CREATE TABLE tags (key varchar(250) NOT NULL, value varchar(5000), run_uuid varchar(32) NOT NULL REFERENCES runs, PRIMARY KEY (key, run_uuid));
CREATE TABLE params (key varchar(250) NOT NULL, value varchar(8000) NOT NULL, run_uuid varchar(32) NOT NULL REFERENCES runs, PRIMARY KEY (key, run_uuid));
CREATE TABLE metrics (key varchar(250) NOT NULL, value float8 NOT NULL, timestamp bigint NOT NULL, run_uuid varchar(32) NOT NULL REFERENCES runs,
  step bigint NOT NULL DEFAULT 0, is_nan boolean NOT NULL DEFAULT false, PRIMARY KEY (key, timestamp, step, run_uuid, value, is_nan));
CREATE TABLE latest_metrics (key varchar(250) NOT NULL, value float8 NOT NULL, timestamp bigint, step bigint NOT NULL, is_nan boolean NOT NULL,
  run_uuid varchar(32) NOT NULL REFERENCES runs, PRIMARY KEY (key, run_uuid));
CREATE TABLE datasets (dataset_uuid varchar(36) NOT NULL, experiment_id int NOT NULL REFERENCES experiments, name varchar(500) NOT NULL, digest varchar(36) NOT NULL,
  dataset_source_type varchar(36) NOT NULL, dataset_source text NOT NULL, dataset_schema text, dataset_profile text, PRIMARY KEY (experiment_id, name, digest));
CREATE TABLE inputs (input_uuid varchar(36) NOT NULL, source_type varchar(36) NOT NULL, source_id varchar(36) NOT NULL, destination_type varchar(36) NOT NULL,
  destination_id varchar(36) NOT NULL, PRIMARY KEY (source_type, source_id, destination_type, destination_id));
CREATE TABLE input_tags (input_uuid varchar(36) NOT NULL, name varchar(255) NOT NULL, value varchar(500) NOT NULL, PRIMARY KEY (input_uuid, name));
CREATE TABLE registered_models (name varchar(256) PRIMARY KEY, creation_time bigint, last_updated_time bigint, description varchar(5000));
CREATE TABLE registered_model_tags (key varchar(250) NOT NULL, value varchar(5000), name varchar(256) NOT NULL REFERENCES registered_models ON UPDATE CASCADE, PRIMARY KEY (key, name));
CREATE TABLE registered_model_aliases (alias varchar(256) NOT NULL, version int NOT NULL, name varchar(256) NOT NULL REFERENCES registered_models ON UPDATE CASCADE ON DELETE CASCADE,
  PRIMARY KEY (name, alias));
CREATE TABLE model_versions (name varchar(256) NOT NULL REFERENCES registered_models ON UPDATE CASCADE, version int NOT NULL, creation_time bigint, last_updated_time bigint,
  description varchar(5000), user_id varchar(256), current_stage varchar(20), source varchar(500), run_id varchar(32), status varchar(20), status_message varchar(500),
  run_link varchar(500), storage_location varchar(500), PRIMARY KEY (name, version));
CREATE TABLE model_version_tags (key varchar(250) NOT NULL, value text, name varchar(256) NOT NULL, version int NOT NULL, PRIMARY KEY (key, name, version),
  FOREIGN KEY (name, version) REFERENCES model_versions ON UPDATE CASCADE);
CREATE TABLE trace_info (request_id varchar(50) PRIMARY KEY, experiment_id int NOT NULL REFERENCES experiments, timestamp_ms bigint NOT NULL, execution_time_ms bigint,
  status varchar(50) NOT NULL);
CREATE TABLE trace_tags (key varchar(250) NOT NULL, value varchar(8000), request_id varchar(50) NOT NULL REFERENCES trace_info ON DELETE CASCADE, PRIMARY KEY (key, request_id));
CREATE TABLE trace_request_metadata (key varchar(250) NOT NULL, value varchar(8000), request_id varchar(50) NOT NULL REFERENCES trace_info ON DELETE CASCADE,
  PRIMARY KEY (key, request_id));

CREATE TABLE workspaces (name varchar(63) PRIMARY KEY, description text, default_artifact_root text, trace_archival_location text, trace_archival_retention varchar(32));
CREATE TABLE logged_models (model_id varchar(36) PRIMARY KEY, experiment_id int NOT NULL REFERENCES experiments, name varchar(500) NOT NULL, artifact_location varchar(1000) NOT NULL,
  creation_timestamp_ms bigint NOT NULL, last_updated_timestamp_ms bigint NOT NULL, status int NOT NULL, lifecycle_stage varchar(32), model_type varchar(500),
  source_run_id varchar(32), status_message varchar(1000));
CREATE TABLE logged_model_metrics (model_id varchar(36) NOT NULL REFERENCES logged_models, metric_name varchar(500) NOT NULL, metric_timestamp_ms bigint NOT NULL,
  metric_step bigint NOT NULL, metric_value float8, experiment_id int NOT NULL, run_id varchar(32) NOT NULL, dataset_uuid varchar(36), dataset_name varchar(500),
  dataset_digest varchar(36), PRIMARY KEY (model_id, metric_name, metric_timestamp_ms, metric_step, run_id));
CREATE TABLE logged_model_params (model_id varchar(36) NOT NULL REFERENCES logged_models, experiment_id int NOT NULL, param_key varchar(255) NOT NULL, param_value text NOT NULL,
  PRIMARY KEY (model_id, param_key));
CREATE TABLE logged_model_tags (model_id varchar(36) NOT NULL REFERENCES logged_models, experiment_id int NOT NULL, tag_key varchar(255) NOT NULL, tag_value text NOT NULL,
  PRIMARY KEY (model_id, tag_key));
CREATE TABLE evaluation_datasets (dataset_id varchar(36) PRIMARY KEY, name varchar(255) NOT NULL, schema text, profile text, digest varchar(64), created_time bigint,
  last_update_time bigint, created_by varchar(255), last_updated_by varchar(255));
CREATE TABLE evaluation_dataset_records (dataset_record_id varchar(36) PRIMARY KEY, dataset_id varchar(36) NOT NULL REFERENCES evaluation_datasets, inputs json NOT NULL,
  expectations json, tags json, source json, source_id varchar(36), source_type varchar(255), created_time bigint, last_update_time bigint, created_by varchar(255),
  last_updated_by varchar(255), input_hash varchar(64) NOT NULL, outputs json, UNIQUE (dataset_id, input_hash));
CREATE TABLE evaluation_dataset_tags (dataset_id varchar(36) NOT NULL REFERENCES evaluation_datasets, key varchar(255) NOT NULL, value varchar(5000), PRIMARY KEY (dataset_id, key));
CREATE TABLE entity_associations (association_id varchar(36), source_type varchar(36) NOT NULL, source_id varchar(36) NOT NULL, destination_type varchar(36) NOT NULL,
  destination_id varchar(36) NOT NULL, created_time bigint, PRIMARY KEY (source_type, source_id, destination_type, destination_id));
CREATE TABLE scorers (experiment_id int NOT NULL REFERENCES experiments, scorer_name varchar(256) NOT NULL, scorer_id varchar(36) PRIMARY KEY);
CREATE TABLE scorer_versions (scorer_id varchar(36) NOT NULL REFERENCES scorers, scorer_version int NOT NULL, serialized_scorer text NOT NULL, creation_time bigint,
  PRIMARY KEY (scorer_id, scorer_version));
CREATE TABLE online_scoring_configs (id varchar(36) PRIMARY KEY, scorer_id varchar(36) NOT NULL REFERENCES scorers, sample_rate float8 NOT NULL, experiment_id int NOT NULL, filter_string text);
CREATE TABLE webhooks (webhook_id varchar(256) PRIMARY KEY, name varchar(256) NOT NULL, description varchar(1000), url varchar(500) NOT NULL, status varchar(20) NOT NULL,
  secret varchar(1000), creation_timestamp bigint, last_updated_timestamp bigint, deleted_timestamp bigint);
CREATE TABLE webhook_events (webhook_id varchar(256) NOT NULL REFERENCES webhooks, entity varchar(50) NOT NULL, action varchar(50) NOT NULL, PRIMARY KEY (webhook_id, entity, action));
CREATE TABLE secrets (secret_id varchar(36) PRIMARY KEY, secret_name varchar(255) NOT NULL UNIQUE, encrypted_value bytea NOT NULL, wrapped_dek bytea NOT NULL, kek_version int NOT NULL,
  masked_value varchar(500) NOT NULL, provider varchar(64), auth_config text, description text, created_by varchar(255), created_at bigint, last_updated_by varchar(255), last_updated_at bigint);
CREATE TABLE model_definitions (model_definition_id varchar(36) PRIMARY KEY, name varchar(255) NOT NULL UNIQUE, secret_id varchar(36) REFERENCES secrets ON DELETE SET NULL,
  provider varchar(64) NOT NULL, model_name varchar(256) NOT NULL, created_by varchar(255), created_at bigint, last_updated_by varchar(255), last_updated_at bigint);
CREATE TABLE endpoints (endpoint_id varchar(36) PRIMARY KEY, name varchar(255) UNIQUE, created_by varchar(255), created_at bigint, last_updated_by varchar(255), last_updated_at bigint,
  routing_strategy varchar(64), fallback_config_json text, experiment_id int, usage_tracking boolean);
CREATE TABLE jobs (id varchar(36) PRIMARY KEY, creation_time bigint NOT NULL, job_name varchar(500) NOT NULL, params text NOT NULL, timeout float8, status int NOT NULL, result text,
  retry_count int NOT NULL, last_update_time bigint NOT NULL, status_details json);
CREATE TABLE assessments (assessment_id varchar(50) PRIMARY KEY, trace_id varchar(50) NOT NULL REFERENCES trace_info, name varchar(250), value text, rationale text, source_id varchar(250));
CREATE TABLE spans (trace_id varchar(50) NOT NULL REFERENCES trace_info, span_id varchar(50) NOT NULL, name text, content text NOT NULL, start_time_unix_nano bigint,
  end_time_unix_nano bigint, duration_ns bigint GENERATED ALWAYS AS (end_time_unix_nano - start_time_unix_nano) STORED, PRIMARY KEY (trace_id, span_id));
CREATE TABLE label_schemas (id varchar(36) PRIMARY KEY, experiment_id int, name varchar(255), created_by varchar(255));
CREATE TABLE issues (issue_id varchar(36) PRIMARY KEY, experiment_id int, name varchar(250), description text, created_by varchar(255));
CREATE TABLE mcp_access_endpoints (id varchar(36) PRIMARY KEY, url varchar(2048));
ALTER TABLE experiments ADD workspace varchar(63) NOT NULL DEFAULT 'default', DROP CONSTRAINT experiments_name_key, ADD UNIQUE (workspace, name);
ALTER TABLE registered_models ADD workspace varchar(63) NOT NULL DEFAULT 'default';
ALTER TABLE inputs ADD step bigint NOT NULL DEFAULT 0;

INSERT INTO alembic_version VALUES ('c3d9e7f1a2b4');
INSERT INTO experiments (name, artifact_location, lifecycle_stage, creation_time, last_update_time)
  SELECT CASE WHEN i % 4 = 0 THEN '/Users/' || pg_temp.mail(i) || '/churn' ELSE 'churn ' || i END,
    CASE i % 3 WHEN 0 THEN 'mlflow-artifacts:/' || i WHEN 1 THEN 's3://prod-models/' || i ELSE '/home/' || pg_temp.login(i) || '/mlruns/' || i END,
    'active', 1700000000000 + i, 1700000000000 + i FROM generate_series(1, 12) i;
INSERT INTO experiment_tags SELECT k, CASE k WHEN 'mlflow.experimentKind' THEN 'custom_model_development' WHEN 'mlflow.note.content' THEN pg_temp.letter(i)
    ELSE pg_temp.mail(i) END, i FROM generate_series(1, 12) i, unnest(ARRAY['mlflow.note.content', 'mlflow.ownerEmail', 'mlflow.experimentKind']) k;
INSERT INTO runs SELECT md5('run' || i), 'run of ' || pg_temp.person(i), 'LOCAL',
    CASE WHEN i % 2 = 0 THEN '/home/' || pg_temp.login(i) || '/train.py' ELSE 'train.py' END, 'main',
    CASE WHEN i % 2 = 0 THEN pg_temp.mail(i) ELSE pg_temp.login(i) END, 'FINISHED', 1700000000000 + i, 1700000001000 + i, NULL, md5('commit' || i), 'active',
    CASE i % 4 WHEN 0 THEN 's3://prod-models/' || i || '/artifacts' WHEN 1 THEN 'mlflow-artifacts:/' || i WHEN 2 THEN 'wasbs://prod@prodmodels.blob.core.windows.net/' || i
      ELSE 'file:///home/' || pg_temp.login(i) || '/mlruns/' || i END, 1 + i % 12 FROM generate_series(1, 60) i;
INSERT INTO tags SELECT k, CASE k WHEN 'mlflow.user' THEN (SELECT user_id FROM runs WHERE run_uuid = md5('run' || i)) WHEN 'mlflow.runName' THEN 'run of ' || pg_temp.person(i)
    WHEN 'mlflow.source.git.commit' THEN md5('commit' || i) WHEN 'mlflow.source.git.repoURL' THEN 'https://' || pg_temp.login(i) || ':ghp_s3cr3t' || left(md5('g' || i), 30) || '@git.brightwater-mail.net/ml.git'
    WHEN 'mlflow.log-model.history' THEN '[{"artifact_path": "model", "by": "' || pg_temp.mail(i) || '"}]'
    WHEN 'mlflow.databricks.notebookPath' THEN '/Users/' || pg_temp.mail(i) || '/n' ELSE pg_temp.letter(i) END, md5('run' || i)
  FROM generate_series(1, 60) i, unnest(ARRAY['mlflow.user', 'mlflow.runName', 'mlflow.source.git.commit', 'mlflow.source.git.repoURL', 'mlflow.log-model.history',
    'mlflow.databricks.notebookPath', 'mlflow.note.content', 'team']) k;
INSERT INTO params SELECT k, CASE k WHEN 'lr' THEN '0.01' WHEN 'contact' THEN pg_temp.mail(i) ELSE 'postgresql://app:s3cr3t' || left(md5('p' || i), 12) || '@db.brightwater-mail.net/prod' END,
    md5('run' || i) FROM generate_series(1, 60) i, unnest(ARRAY['lr', 'contact', 'source']) k;
INSERT INTO metrics SELECT 'auc', 0.5 + i / 1000.0, 1700000000000 + i, md5('run' || i), 0, false FROM generate_series(1, 60) i;
INSERT INTO latest_metrics SELECT 'auc', 0.5 + i / 1000.0, 1700000000000 + i, 0, false, md5('run' || i) FROM generate_series(1, 60) i;
INSERT INTO datasets SELECT md5('d' || i), 1 + i % 12, CASE WHEN i % 2 = 0 THEN 'train' ELSE 'list of ' || pg_temp.person(i) END, left(md5('x' || i), 8), 'sql',
    '{"uri": "s3://prod-data/' || i || '", "sql": "SELECT * FROM u WHERE mail = ''' || pg_temp.mail(i) || '''", "url": "postgresql://app:s3cr3t@db/prod"}',
    '{"mlflow_colspec": [{"type": "double", "name": "age"}]}', '{"min": "' || pg_temp.mail(i) || '"}' FROM generate_series(1, 12) i;
INSERT INTO inputs SELECT md5('i' || i), 'DATASET', md5('d' || i), 'RUN', md5('run' || i) FROM generate_series(1, 12) i;
INSERT INTO input_tags SELECT md5('i' || i), 'mlflow.data.context', 'training' FROM generate_series(1, 12) i;
INSERT INTO registered_models SELECT 'model-' || i, 1700000000000, 1700000000000, 'Ask ' || pg_temp.mail(i) FROM generate_series(1, 6) i;
INSERT INTO registered_model_tags SELECT 'owner', pg_temp.mail(i), 'model-' || i FROM generate_series(1, 6) i;
INSERT INTO model_versions SELECT 'model-' || i, 1, 1700000000000, 1700000000000, 'Trained by ' || pg_temp.person(i), pg_temp.login(i), 'None',
    CASE WHEN i % 2 = 0 THEN 's3://prod-models/' || i || '/artifacts/model' ELSE 'models:/m-' || md5('m' || i) END, md5('run' || i), 'READY', NULL,
    'https://mlflow.brightwater-mail.net/#/experiments/1/runs/' || i, 's3://prod-models/' || i || '/artifacts/model' FROM generate_series(1, 6) i;
INSERT INTO registered_model_aliases SELECT 'champion', 1, 'model-' || i FROM generate_series(1, 6) i;
INSERT INTO model_version_tags SELECT 'reviewed', 'by ' || pg_temp.mail(i), 'model-' || i, 1 FROM generate_series(1, 6) i;
INSERT INTO trace_info SELECT 'tr' || i, 1, 1700000000000, 1, 'OK' FROM generate_series(1, 6) i;
INSERT INTO trace_request_metadata SELECT 'mlflow.trace.user', pg_temp.mail(i), 'tr' || i FROM generate_series(1, 6) i;

INSERT INTO workspaces VALUES ('default', 'Kept by ' || pg_temp.person(2), 's3://prod-models/root', 's3://prod-models/traces', '30d');
INSERT INTO logged_models SELECT 'm-' || left(md5('m' || i), 32), 1, CASE WHEN i % 2 = 0 THEN 'model-' || i ELSE 'model of ' || pg_temp.person(i) END, 's3://prod-models/m/' || i, 1, 1, 2,
  'active', '', md5('run' || i), 'Failed for ' || pg_temp.mail(i) FROM generate_series(1, 12) i;
INSERT INTO logged_model_metrics SELECT 'm-' || left(md5('m' || i), 32), 'auc', 1, 0, 0.5, 1, md5('run' || i), NULL, (SELECT name FROM datasets WHERE dataset_uuid = md5('d' || i)), NULL
  FROM generate_series(1, 12) i;
INSERT INTO logged_model_params SELECT 'm-' || left(md5('m' || i), 32), 1, 'to', pg_temp.mail(i) FROM generate_series(1, 12) i;
INSERT INTO logged_model_tags SELECT 'm-' || left(md5('m' || i), 32), 1, 'note', pg_temp.letter(i) FROM generate_series(1, 12) i;
INSERT INTO evaluation_datasets SELECT md5('e' || i), 'answers-' || i, '{}', '{"max": "' || pg_temp.mail(i) || '"}', left(md5('d' || i), 8), 1, 1, pg_temp.mail(i), pg_temp.login(i)
  FROM generate_series(1, 12) i;
INSERT INTO evaluation_dataset_records (dataset_record_id, dataset_id, inputs, created_by, input_hash) SELECT md5('r' || i), md5('e' || i),
  json_build_object('question', pg_temp.letter(i), 'from', pg_temp.phone(i)), pg_temp.mail(i), md5('h' || i) FROM generate_series(1, 12) i;
INSERT INTO evaluation_dataset_tags SELECT md5('e' || i), 'owner', pg_temp.mail(i) FROM generate_series(1, 12) i;
INSERT INTO scorers SELECT 1, 'polite ' || i, md5('s' || i) FROM generate_series(1, 6) i;
INSERT INTO scorer_versions SELECT md5('s' || i), 1, '{"name": "polite", "builtin": true, "instructions": "Ask ' || pg_temp.mail(i) || '"}', 1 FROM generate_series(1, 6) i;
INSERT INTO online_scoring_configs VALUES ('a', md5('s1'), 1, 1, NULL);
INSERT INTO webhooks VALUES ('w', 'deploys', 'of ' || pg_temp.person(1), 'https://hooks.slack.com/services/T0S3CR3TX/B0S3CR3TX/s3cr3t' || left(md5('w'), 18), 'ACTIVE', 'gAAAAs3cr3t' || md5('f'), 1, 1, NULL);
INSERT INTO webhook_events VALUES ('w', 'model_version', 'created');
INSERT INTO secrets SELECT md5('k' || i), 'openai-' || i, convert_to('s3cr3t' || i, 'UTF8'), 's3cr3t', 1, 'sk-...s3cr3t', 'openai', '{"org": "s3cr3t"}', 'Of ' || pg_temp.person(i),
  pg_temp.mail(i), 1, pg_temp.mail(i), 1 FROM generate_series(1, 6) i;
INSERT INTO model_definitions SELECT md5('md' || i), 'gpt-' || i, md5('k' || i), 'openai', 'gpt-4o', pg_temp.mail(i), 1, pg_temp.login(i), 1 FROM generate_series(1, 6) i;
INSERT INTO endpoints SELECT md5('ep' || i), 'chat-' || i, pg_temp.mail(i), 1, pg_temp.login(i), 1, 'fallback', '{"max_attempts": 2}', 1, true FROM generate_series(1, 6) i;
INSERT INTO jobs SELECT md5('j' || i), 1, 'scorer', '{"to": "' || pg_temp.mail(i) || '", "key": "s3cr3t"}', NULL, 1, NULL, 0, 1, NULL FROM generate_series(1, 6) i;
INSERT INTO assessments SELECT 'a' || i, 'tr' || i, 'correct', '"yes"', pg_temp.letter(i), pg_temp.mail(i) FROM generate_series(1, 6) i;
INSERT INTO spans SELECT 'tr' || i, 's' || i, 'chat', '{"attributes": {"mail": "' || pg_temp.mail(i) || '"}}', 1, 2 FROM generate_series(1, 6) i;
INSERT INTO label_schemas SELECT md5('l' || i), 1, 'correct', pg_temp.mail(i) FROM generate_series(1, 6) i;
INSERT INTO issues SELECT md5('is' || i), 1, 'wrong', pg_temp.letter(i), pg_temp.mail(i) FROM generate_series(1, 6) i;
INSERT INTO mcp_access_endpoints VALUES ('x', 'https://mcp.brightwater-mail.net/s3cr3t');
