-- MLflow's basic authentication, 2.x.
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE TABLE users (id serial PRIMARY KEY, username varchar(255) UNIQUE, password_hash varchar(255), is_admin boolean);
CREATE TABLE experiment_permissions (id serial PRIMARY KEY, experiment_id varchar(255) NOT NULL, user_id int NOT NULL REFERENCES users, permission varchar(255),
  UNIQUE (experiment_id, user_id));
CREATE TABLE registered_model_permissions (id serial PRIMARY KEY, name varchar(255) NOT NULL, user_id int NOT NULL REFERENCES users, permission varchar(255),
  UNIQUE (name, user_id));
INSERT INTO alembic_version VALUES ('8606fa83a998');
INSERT INTO users (username, password_hash, is_admin) SELECT pg_temp.login(i), 'pbkdf2:sha256:600000$s3cr3t' || left(md5('s' || i), 10) || '$' || md5('h' || i) || md5('i' || i), i = 1
  FROM generate_series(1, 30) i;
INSERT INTO experiment_permissions (experiment_id, user_id, permission) SELECT '1', i, 'READ' FROM generate_series(1, 30) i;
INSERT INTO registered_model_permissions (name, user_id, permission) SELECT 'model-1', i, 'READ' FROM generate_series(1, 30) i;
