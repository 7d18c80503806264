-- Documents that people sign, as an object mapper in TypeScript lays tables out: quoted names in camel case.
CREATE TYPE "Role" AS ENUM ('ADMIN', 'USER');
CREATE TYPE "SigningStatus" AS ENUM ('NOT_SIGNED', 'SIGNED', 'REJECTED');
CREATE TABLE "User" (id serial PRIMARY KEY, name text, "customerId" text UNIQUE, email text NOT NULL UNIQUE, "emailVerified" timestamp(3), password text, source text, signature text,
  "identityProvider" text NOT NULL DEFAULT 'DOCUMENSO', roles "Role"[] DEFAULT ARRAY['USER']::"Role"[], "createdAt" timestamp(3) NOT NULL DEFAULT current_timestamp, "twoFactorSecret" text,
  "twoFactorEnabled" boolean NOT NULL DEFAULT false, "twoFactorBackupCodes" text, url text UNIQUE, "avatarImageId" text);
CREATE TABLE "Account" (id text PRIMARY KEY, "userId" int NOT NULL REFERENCES "User" ON DELETE CASCADE, type text NOT NULL, provider text NOT NULL, "providerAccountId" text NOT NULL,
  refresh_token text, access_token text, expires_at int, id_token text, session_state text, UNIQUE (provider, "providerAccountId"));
CREATE TABLE "Session" (id text PRIMARY KEY, "sessionToken" text NOT NULL UNIQUE, "userId" int NOT NULL REFERENCES "User", "ipAddress" text, "userAgent" text, expires timestamp(3) NOT NULL);
CREATE TABLE "PasswordResetToken" (id serial PRIMARY KEY, token text NOT NULL UNIQUE, expiry timestamp(3) NOT NULL, "userId" int NOT NULL REFERENCES "User");
CREATE TABLE "Document" (id serial PRIMARY KEY, "userId" int NOT NULL REFERENCES "User", title text NOT NULL, status text NOT NULL DEFAULT 'DRAFT', "authOptions" jsonb, "formValues" jsonb,
  "externalId" text, "createdAt" timestamp(3) NOT NULL DEFAULT current_timestamp);
CREATE TABLE "DocumentMeta" (id text PRIMARY KEY, subject text, message text, password text, "redirectUrl" text, "emailSettings" jsonb, "documentId" int NOT NULL UNIQUE REFERENCES "Document");
CREATE TABLE "Recipient" (id serial PRIMARY KEY, "documentId" int REFERENCES "Document", email varchar(255) NOT NULL, name varchar(255) NOT NULL DEFAULT '', token text NOT NULL, "signedAt" timestamp(3),
  "signingStatus" "SigningStatus" NOT NULL DEFAULT 'NOT_SIGNED', UNIQUE ("documentId", email));
CREATE TABLE "Field" (id serial PRIMARY KEY, "recipientId" int NOT NULL REFERENCES "Recipient", type text NOT NULL, page int NOT NULL, "positionX" numeric(65,30) NOT NULL, "customText" text NOT NULL, "fieldMeta" jsonb);
CREATE TABLE "Signature" (id serial PRIMARY KEY, created timestamp(3) NOT NULL DEFAULT current_timestamp, "recipientId" int NOT NULL REFERENCES "Recipient", "fieldId" int NOT NULL UNIQUE REFERENCES "Field",
  "signatureImageAsBase64" text, "typedSignature" text);
CREATE TABLE "UserSecurityAuditLog" (id serial PRIMARY KEY, "userId" int NOT NULL REFERENCES "User", "createdAt" timestamp(3) NOT NULL DEFAULT current_timestamp, type text NOT NULL, "userAgent" text, "ipAddress" text);
CREATE TABLE "Webhook" (id text PRIMARY KEY, "webhookUrl" text NOT NULL, "eventTriggers" text[], secret text, enabled boolean NOT NULL DEFAULT true, "userId" int NOT NULL REFERENCES "User");
CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count int NOT NULL DEFAULT 0);
INSERT INTO "User" (name, "customerId", email, password, signature, "twoFactorSecret", "twoFactorBackupCodes", url)
  SELECT pg_temp.person(i), 'cus_' || pg_temp.secret(i, 14), pg_temp.mail(i), '$2b$12$' || substr(translate(pg_temp.secret(i, 60), '-', 'x'), 1, 53),
    'data:image/png;base64,' || encode(decode(pg_temp.secret(i, 64), 'hex'), 'base64'), CASE WHEN i % 3 = 0 THEN upper(pg_temp.secret(i, 32)) END, NULL, pg_temp.login(i) FROM generate_series(1, 80) i;
INSERT INTO "Account" SELECT 'acc' || i, i, 'oauth', 'google', (10000000000000 + i::bigint * 98765432)::text, pg_temp.secret(i, 40), pg_temp.secret(i + 100, 60), 1730000000, NULL, NULL FROM generate_series(1, 40) i;
INSERT INTO "Session" SELECT 'ses' || i, pg_temp.secret(i + 300, 48), i, host(pg_temp.ip(i)), pg_temp.agent(i), pg_temp.day(i)::timestamp FROM generate_series(1, 80) i;
INSERT INTO "PasswordResetToken" (token, expiry, "userId") SELECT pg_temp.secret(i + 400, 36), pg_temp.day(i)::timestamp, i FROM generate_series(1, 20) i;
INSERT INTO "Document" ("userId", title, status, "authOptions", "formValues", "externalId")
  SELECT 1 + i % 80, pg_temp.pick(i, 'Lease agreement.pdf', 'NDA.pdf', 'Employment contract ' || pg_temp.person(1 + i % 80) || '.pdf'), pg_temp.pick(i, 'DRAFT', 'COMPLETED'), '{"globalAccessAuth": null}',
    jsonb_build_object('tenant', pg_temp.person(i), 'rent', 900 + i), NULL FROM generate_series(1, 120) i;
INSERT INTO "DocumentMeta" SELECT 'meta' || i, 'Please sign', 'Dear ' || pg_temp.person(i) || ', please sign this.', NULL, NULL, '{"recipientSigned": true}', i FROM generate_series(1, 60) i;
INSERT INTO "Recipient" ("documentId", email, name, token, "signedAt", "signingStatus")
  SELECT i, pg_temp.mail(i + 100), pg_temp.person(i + 100), pg_temp.secret(i + 500, 21), pg_temp.day(i)::timestamp, 'SIGNED' FROM generate_series(1, 120) i;
INSERT INTO "Field" ("recipientId", type, page, "positionX", "customText", "fieldMeta") SELECT i, pg_temp.pick(i, 'SIGNATURE', 'NAME', 'EMAIL'), 1, 42.5, pg_temp.pick(i, '', pg_temp.person(i + 100), pg_temp.mail(i + 100)), NULL FROM generate_series(1, 120) i;
INSERT INTO "Signature" ("recipientId", "fieldId", "signatureImageAsBase64", "typedSignature") SELECT i, i, CASE WHEN i % 2 = 0 THEN encode(decode(pg_temp.secret(i + 100, 90), 'hex'), 'base64') END,
  CASE WHEN i % 2 = 1 THEN pg_temp.person(i + 100) END FROM generate_series(1, 120) i;
INSERT INTO "UserSecurityAuditLog" ("userId", type, "userAgent", "ipAddress") SELECT 1 + i % 80, pg_temp.pick(i, 'SIGN_IN', 'PASSWORD_UPDATE'), pg_temp.agent(i), host(pg_temp.ip(i)) FROM generate_series(1, 150) i;
INSERT INTO "Webhook" SELECT 'wh' || i, 'https://hooks.brightwater-mail.net/in/' || pg_temp.secret(i + 600, 24), ARRAY['DOCUMENT_SIGNED'], pg_temp.secret(i + 700, 32), true, i FROM generate_series(1, 12) i;
INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count) SELECT md5('m' || i)::uuid, md5('n' || i) || md5('o' || i), now(), '2024010' || i || '_add_field', 1 FROM generate_series(1, 6) i;
