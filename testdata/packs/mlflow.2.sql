-- MLflow 2.14.
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

INSERT INTO alembic_version VALUES ('5b0e9adcef9c');
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
