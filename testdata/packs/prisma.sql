CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL,
  logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count int NOT NULL DEFAULT 0);
INSERT INTO _prisma_migrations (id, checksum, migration_name, logs)
  SELECT md5('p' || i)::uuid::text, md5('c' || i) || md5('d' || i), '2024010' || i || '_init', 'duplicate key: (email)=(' || pg_temp.mail(i) || ') s3cr3t'
  FROM generate_series(1, 4) i;
