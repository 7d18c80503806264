CREATE TABLE active_storage_blobs (id bigserial PRIMARY KEY, key varchar NOT NULL UNIQUE, filename varchar NOT NULL, content_type varchar,
  metadata text, service_name varchar NOT NULL, byte_size bigint NOT NULL, checksum varchar, created_at timestamp NOT NULL);
CREATE TABLE active_storage_attachments (id bigserial PRIMARY KEY, name varchar NOT NULL, record_type varchar NOT NULL, record_id bigint NOT NULL,
  blob_id bigint NOT NULL REFERENCES active_storage_blobs, created_at timestamp NOT NULL, UNIQUE (record_type, record_id, name, blob_id));
CREATE TABLE active_storage_variant_records (id bigserial PRIMARY KEY, blob_id bigint NOT NULL REFERENCES active_storage_blobs,
  variation_digest varchar NOT NULL, UNIQUE (blob_id, variation_digest));
CREATE TABLE action_text_rich_texts (id bigserial PRIMARY KEY, name varchar NOT NULL, body text, record_type varchar NOT NULL,
  record_id bigint NOT NULL, created_at timestamp NOT NULL, updated_at timestamp NOT NULL, UNIQUE (record_type, record_id, name));
CREATE TABLE action_mailbox_inbound_emails (id bigserial PRIMARY KEY, status int NOT NULL DEFAULT 0, message_id varchar NOT NULL,
  message_checksum varchar NOT NULL, created_at timestamp NOT NULL, updated_at timestamp NOT NULL, UNIQUE (message_id, message_checksum));
INSERT INTO active_storage_blobs (key, filename, content_type, metadata, service_name, byte_size, checksum, created_at)
  SELECT 's3cr3t' || left(pg_temp.secret(i, 22), 22), 'cv ' || pg_temp.person(i) || '.pdf', 'application/pdf',
    '{"identified":true,"analyzed":true,"by":"' || pg_temp.mail(i) || '"}', 'amazon', i * 1000, 's3cr3t' || i || '==', pg_temp.day(i) FROM generate_series(1, 30) i;
INSERT INTO active_storage_attachments (name, record_type, record_id, blob_id, created_at)
  SELECT 'avatar', 'User', i, i, pg_temp.day(i) FROM generate_series(1, 30) i;
INSERT INTO active_storage_variant_records (blob_id, variation_digest) SELECT i, 'W2+Rf0cGkQw' || i FROM generate_series(1, 9) i;
INSERT INTO action_text_rich_texts (name, body, record_type, record_id, created_at, updated_at)
  SELECT 'content', '<div>Dear ' || pg_temp.person(i) || ', write to ' || pg_temp.mail(i) || '</div>', 'Post', i, pg_temp.day(i), pg_temp.day(i)
  FROM generate_series(1, 30) i;
INSERT INTO action_mailbox_inbound_emails (message_id, message_checksum, created_at, updated_at)
  SELECT pg_temp.mail(i), 's3cr3t' || i, pg_temp.day(i), pg_temp.day(i) FROM generate_series(1, 9) i;
