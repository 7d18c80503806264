-- Appointments: log-in by a unique phone number, attendees who have no account, calendars' credentials, ranges without overlap.
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE TABLE users (id serial PRIMARY KEY, username text UNIQUE, name text, email text NOT NULL UNIQUE, phone_number text UNIQUE, bio text, avatar_url text, time_zone text NOT NULL DEFAULT 'Europe/London', week_start text NOT NULL DEFAULT 'Sunday',
  locale text, two_factor_secret text, backup_codes text, metadata jsonb, created timestamptz NOT NULL DEFAULT now());
CREATE TABLE credentials (id serial PRIMARY KEY, type text NOT NULL, key jsonb NOT NULL, user_id int REFERENCES users, invalid boolean DEFAULT false);
CREATE TABLE event_types (id serial PRIMARY KEY, title text NOT NULL, slug text NOT NULL, description text, locations jsonb, length int NOT NULL CHECK (length BETWEEN 5 AND 480), user_id int REFERENCES users, custom_inputs jsonb, UNIQUE (user_id, slug));
CREATE TABLE bookings (id serial PRIMARY KEY, uid text NOT NULL UNIQUE, user_id int REFERENCES users, event_type_id int REFERENCES event_types, title text NOT NULL, description text, span tstzrange NOT NULL, location text, status text NOT NULL DEFAULT 'accepted',
  responses jsonb, cancellation_reason text, ical_uid text, EXCLUDE USING gist (user_id WITH =, span WITH &&));
CREATE TABLE attendees (id serial PRIMARY KEY, email text NOT NULL, name text NOT NULL, time_zone text NOT NULL, phone_number text, booking_id int REFERENCES bookings, no_show boolean DEFAULT false);
CREATE TABLE workflow_reminders (id serial PRIMARY KEY, booking_uid text REFERENCES bookings (uid), method text NOT NULL, scheduled_date timestamptz NOT NULL, reference_id text UNIQUE, send_to text);
CREATE TABLE verification_token (id serial PRIMARY KEY, identifier text NOT NULL, token text NOT NULL UNIQUE, expires timestamptz NOT NULL, UNIQUE (identifier, token));
CREATE TABLE availability (id serial PRIMARY KEY, user_id int REFERENCES users, days int[], start_time time NOT NULL, end_time time NOT NULL, date date);
CREATE TABLE destination_calendar (id serial PRIMARY KEY, integration text NOT NULL, external_id text NOT NULL, primary_email text, user_id int UNIQUE REFERENCES users);
INSERT INTO users (username, name, email, phone_number, bio, avatar_url, locale, metadata) SELECT pg_temp.login(i), pg_temp.person(i), pg_temp.mail(i), pg_temp.phone(i), 'Coach in ' || pg_temp.town(i), 'https://cdn.quillpost.org/u/' || pg_temp.login(i) || '.jpg', 'en',
  jsonb_build_object('stripeCustomerId', 'cus_' || pg_temp.secret(i, 14)) FROM generate_series(1, 100) i;
INSERT INTO credentials (type, key, user_id) SELECT 'google_calendar', jsonb_build_object('scope', 'calendar', 'token_type', 'Bearer', 'access_token', 'ya29.' || pg_temp.secret(i, 80), 'refresh_token', '1//' || pg_temp.secret(i + 7, 60), 'expiry_date', 1719000000), i FROM generate_series(1, 50) i;
INSERT INTO event_types (title, slug, description, locations, length, user_id) SELECT pg_temp.pick(i, '30 Min Meeting', 'Intro call'), 'meet-' || i, 'A short call.', jsonb_build_array(jsonb_build_object('type', 'phone', 'hostPhoneNumber', pg_temp.phone(i))), 30, i FROM generate_series(1, 100) i;
INSERT INTO bookings (uid, user_id, event_type_id, title, description, span, location, responses, ical_uid) SELECT left(md5('b' || i), 22), 1 + i % 100, 1 + i % 100, '30 Min Meeting between ' || pg_temp.person(1 + i % 100) || ' and ' || pg_temp.person(i + 150), pg_temp.letter(i),
  tstzrange(pg_temp.day(i), pg_temp.day(i) + interval '30 min'), 'integrations:daily', jsonb_build_object('name', pg_temp.person(i + 150), 'email', pg_temp.mail(i + 150), 'guests', jsonb_build_array(pg_temp.mail(i + 151)), 'notes', pg_temp.letter(i)), md5('ical' || i) || '@harbourline.co' FROM generate_series(1, 250) i;
INSERT INTO attendees (email, name, time_zone, phone_number, booking_id) SELECT pg_temp.mail(i + 150), pg_temp.person(i + 150), 'Europe/Berlin', CASE WHEN i % 2 = 0 THEN pg_temp.phone(i + 150) END, i FROM generate_series(1, 250) i;
INSERT INTO workflow_reminders (booking_uid, method, scheduled_date, reference_id, send_to) SELECT left(md5('b' || i), 22), pg_temp.pick(i, 'EMAIL', 'SMS'), pg_temp.day(i), pg_temp.secret(i, 34), pg_temp.pick(i, pg_temp.mail(i + 150), pg_temp.phone(i + 150)) FROM generate_series(1, 80) i;
INSERT INTO verification_token (identifier, token, expires) SELECT pg_temp.mail(i), pg_temp.secret(i + 60, 64), pg_temp.day(i) FROM generate_series(1, 20) i;
INSERT INTO availability (user_id, days, start_time, end_time) SELECT i, ARRAY[1, 2, 3, 4, 5], '09:00', '17:00' FROM generate_series(1, 100) i;
INSERT INTO destination_calendar (integration, external_id, primary_email, user_id) SELECT 'google_calendar', pg_temp.mail(i), pg_temp.mail(i), i FROM generate_series(1, 50) i;
