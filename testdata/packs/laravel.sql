CREATE TABLE users (id bigserial PRIMARY KEY, name varchar(255) NOT NULL, email varchar(255) NOT NULL UNIQUE, email_verified_at timestamp(0),
  password varchar(255) NOT NULL, two_factor_secret text, two_factor_recovery_codes text, two_factor_confirmed_at timestamp(0),
  remember_token varchar(100), current_team_id bigint, profile_photo_path varchar(2048), created_at timestamp(0), updated_at timestamp(0));
CREATE TABLE migrations (id serial PRIMARY KEY, migration varchar(255) NOT NULL, batch int NOT NULL);
CREATE TABLE password_reset_tokens (email varchar(255) PRIMARY KEY, token varchar(255) NOT NULL, created_at timestamp(0));
CREATE TABLE sessions (id varchar(255) PRIMARY KEY, user_id bigint, ip_address varchar(45), user_agent text, payload text NOT NULL, last_activity int NOT NULL);
CREATE TABLE personal_access_tokens (id bigserial PRIMARY KEY, tokenable_type varchar(255) NOT NULL, tokenable_id bigint NOT NULL, name text NOT NULL,
  token varchar(64) NOT NULL UNIQUE, abilities text, last_used_at timestamp(0), created_at timestamp(0));
CREATE TABLE cache (key varchar(255) PRIMARY KEY, value text NOT NULL, expiration int NOT NULL);
CREATE TABLE cache_locks (key varchar(255) PRIMARY KEY, owner varchar(255) NOT NULL, expiration int NOT NULL);
CREATE TABLE jobs (id bigserial PRIMARY KEY, queue varchar(255) NOT NULL, payload text NOT NULL, attempts smallint NOT NULL, available_at int NOT NULL);
CREATE TABLE job_batches (id varchar(255) PRIMARY KEY, name varchar(255) NOT NULL, options text);
CREATE TABLE failed_jobs (id bigserial PRIMARY KEY, uuid varchar(255) NOT NULL UNIQUE, payload text NOT NULL, exception text NOT NULL);
CREATE TABLE notifications (id uuid PRIMARY KEY, type varchar(255) NOT NULL, notifiable_id bigint NOT NULL, data text NOT NULL, read_at timestamp(0));
CREATE TABLE oauth_access_tokens (id varchar(100) PRIMARY KEY, user_id bigint, name varchar(255));
CREATE TABLE oauth_clients (id bigserial PRIMARY KEY, name varchar(255) NOT NULL, secret varchar(100));
CREATE TABLE telescope_entries (sequence bigserial PRIMARY KEY, uuid uuid NOT NULL UNIQUE, content text NOT NULL);
INSERT INTO users (name, email, password, two_factor_secret, two_factor_recovery_codes, two_factor_confirmed_at, remember_token, profile_photo_path, created_at)
  SELECT pg_temp.person(i), pg_temp.mail(i), '$2y$12$s3cr3t' || pg_temp.secret(i, 46), 's3cr3t' || i, 's3cr3tr' || i, now(), 's3cr3tm' || i,
    'photos/' || pg_temp.login(i) || '.jpg', pg_temp.day(i) FROM generate_series(1, 60) i;
INSERT INTO migrations (migration, batch) VALUES ('0001_01_01_000000_create_users_table', 1);
INSERT INTO password_reset_tokens SELECT pg_temp.mail(i), 's3cr3t' || i, now() FROM generate_series(1, 5) i;
INSERT INTO sessions SELECT 's3cr3t' || i, i, host(pg_temp.ip(i)), pg_temp.agent(i), 's3cr3t' || pg_temp.mail(i), i FROM generate_series(1, 9) i;
INSERT INTO personal_access_tokens (tokenable_type, tokenable_id, name, token) SELECT 'App\Models\User', i, 'phone', 's3cr3t' || i FROM generate_series(1, 9) i;
INSERT INTO cache SELECT 'user:' || pg_temp.mail(i), 's3cr3t', i FROM generate_series(1, 9) i;
INSERT INTO jobs (queue, payload, attempts, available_at) SELECT 'default', '{"to":"' || pg_temp.mail(i) || '","s3cr3t":1}', 0, i FROM generate_series(1, 9) i;
INSERT INTO failed_jobs (uuid, payload, exception) SELECT 'u' || i, pg_temp.person(i), 's3cr3t' FROM generate_series(1, 9) i;
INSERT INTO notifications SELECT md5('n' || i)::uuid, 'invoice', i, '{"to":"' || pg_temp.mail(i) || '"}' FROM generate_series(1, 9) i;
INSERT INTO oauth_access_tokens SELECT 's3cr3t' || i, i, pg_temp.person(i) FROM generate_series(1, 9) i;
INSERT INTO oauth_clients (name, secret) VALUES ('app', 's3cr3t');
INSERT INTO telescope_entries (uuid, content) SELECT md5('t' || i)::uuid, pg_temp.mail(i) FROM generate_series(1, 9) i;
