-- MLflow's basic authentication, 3.x of 2026.
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE TABLE users (id serial PRIMARY KEY, username varchar(255) UNIQUE, password_hash varchar(255), is_admin boolean);
CREATE TABLE sessions (session_id varchar(255) PRIMARY KEY, user_id int NOT NULL REFERENCES users, expires_at int NOT NULL);
CREATE TABLE roles (id serial PRIMARY KEY, name varchar(255) NOT NULL, workspace varchar(63) NOT NULL, description varchar(1024));
CREATE TABLE role_permissions (id serial PRIMARY KEY, role_id int NOT NULL REFERENCES roles, resource_type varchar(64) NOT NULL,
  resource_pattern varchar(255) NOT NULL, permission varchar(255) NOT NULL);
CREATE TABLE user_role_assignments (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, role_id int NOT NULL REFERENCES roles);
CREATE TABLE mutation_conditions (role_id int NOT NULL REFERENCES roles, resource_type varchar(64) NOT NULL, condition_slot int NOT NULL,
  parent_resource_type varchar(64), parent_resource_id varchar(255), PRIMARY KEY (role_id, resource_type, condition_slot));
INSERT INTO alembic_version VALUES ('c9d0e1f2a3b4');
INSERT INTO users (username, password_hash, is_admin) SELECT CASE WHEN i % 2 = 0 THEN pg_temp.mail(i) ELSE pg_temp.login(i) END,
    'scrypt:32768:8:1$s3cr3t' || left(md5('s' || i), 10) || '$' || md5('h' || i) || md5('i' || i) || md5('j' || i) || md5('k' || i), i = 1 FROM generate_series(1, 30) i;
INSERT INTO sessions SELECT 's3cr3t' || md5('s' || i), i, 2000000000 FROM generate_series(1, 30) i;
INSERT INTO roles (name, workspace, description) VALUES ('reader', 'default', 'Asked for by ' || pg_temp.person(3) || ', ' || pg_temp.mail(3));
INSERT INTO role_permissions (role_id, resource_type, resource_pattern, permission) VALUES (1, 'experiment', '*', 'READ');
INSERT INTO user_role_assignments (user_id, role_id) SELECT i, 1 FROM generate_series(1, 30) i;
INSERT INTO mutation_conditions VALUES (1, 'experiment', 1, NULL, NULL);
