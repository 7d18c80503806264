CREATE TABLE users (
  id bigserial PRIMARY KEY, email varchar NOT NULL DEFAULT '' UNIQUE, encrypted_password varchar NOT NULL DEFAULT '',
  reset_password_token varchar UNIQUE, reset_password_sent_at timestamp, remember_created_at timestamp,
  sign_in_count int NOT NULL DEFAULT 0, current_sign_in_at timestamp, last_sign_in_at timestamp,
  current_sign_in_ip inet, last_sign_in_ip inet,
  confirmation_token varchar UNIQUE, confirmed_at timestamp, confirmation_sent_at timestamp, unconfirmed_email varchar,
  failed_attempts int NOT NULL DEFAULT 0, unlock_token varchar UNIQUE, locked_at timestamp,
  invitation_token varchar UNIQUE, invitation_created_at timestamp, invitation_sent_at timestamp, invitation_accepted_at timestamp,
  invitation_limit int, invited_by_type varchar, invited_by_id bigint, invitations_count int DEFAULT 0,
  provider varchar, uid varchar, otp_secret varchar, otp_backup_codes text[], consumed_timestep int, otp_required_for_login boolean,
  jti varchar NOT NULL UNIQUE, created_at timestamp NOT NULL, updated_at timestamp NOT NULL, UNIQUE (provider, uid));
INSERT INTO users (email, encrypted_password, reset_password_token, current_sign_in_at, current_sign_in_ip, last_sign_in_ip,
    confirmation_token, unconfirmed_email, unlock_token, invitation_token, provider, uid, otp_secret, otp_backup_codes,
    otp_required_for_login, jti, created_at, updated_at)
  SELECT pg_temp.mail(i), '$2a$12$s3cr3t' || pg_temp.secret(i, 46), 's3cr3t' || pg_temp.secret(i + 1000, 58), pg_temp.day(i), pg_temp.ip(i), pg_temp.ip(i),
    's3cr3tc' || i, pg_temp.mail(i + 300), 's3cr3tu' || i, 's3cr3ti' || i, 'google_oauth2', '1073s3cr3t' || i, 's3cr3t' || pg_temp.secret(i, 20),
    ARRAY['s3cr3tb' || i], true, 's3cr3tj' || i, pg_temp.day(i), pg_temp.day(i) FROM generate_series(1, 40) i;
-- Another model: its secrets are decided by their names.
CREATE TABLE admins (encrypted_password varchar NOT NULL DEFAULT '', reset_password_token varchar UNIQUE,
  current_sign_in_ip inet, last_sign_in_ip inet);
INSERT INTO admins (encrypted_password, reset_password_token, current_sign_in_ip, last_sign_in_ip)
  SELECT '$2a$12$s3cr3t' || i, 's3cr3ta' || i, pg_temp.ip(i), pg_temp.ip(i) FROM generate_series(1, 3) i;
