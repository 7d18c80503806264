-- A catalogue of titles, public as a whole, and those who watch them.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TABLE titles (show_id text PRIMARY KEY, type text CHECK (type IN ('Movie', 'TV Show')), title text NOT NULL, director text, cast_members text, country text, date_added date, release_year int,
  rating varchar(10), duration text, listed_in text[], description text);
CREATE INDEX ON titles USING gin (title gin_trgm_ops);
CREATE TABLE profiles (profile_id uuid PRIMARY KEY, account_email text NOT NULL, display_name text, pin char(4), kids boolean NOT NULL DEFAULT false, birth_year int, preferences jsonb NOT NULL DEFAULT '{}',
  last_ip inet, device_tokens text[]);
CREATE UNIQUE INDEX ON profiles (lower(account_email), display_name);
CREATE TABLE watch_events (id bigserial PRIMARY KEY, profile_id uuid NOT NULL REFERENCES profiles, show_id text NOT NULL REFERENCES titles, watched tstzrange NOT NULL, device text, user_agent text);
INSERT INTO titles SELECT 's' || i, pg_temp.pick(i, 'Movie', 'TV Show'), pg_temp.pick(i, 'The Quiet Harbour', 'Border Town', 'Zero Hour', 'Kitchen Stories') || ' ' || i,
  CASE WHEN i % 5 > 0 THEN pg_temp.given(i + 500) || ' ' || pg_temp.pick(i, 'Tarkington', 'Vandermeer', 'Ruskin') END,
  pg_temp.given(i + 510) || ' Vandermeer, ' || pg_temp.given(i + 511) || ' Ruskin', pg_temp.pick(i, 'India', 'Spain', 'United Kingdom'), pg_temp.day(i)::date, 2000 + i % 24,
  pg_temp.pick(i, 'TV-MA', 'PG-13'), '9' || i % 10 || ' min', ARRAY['Dramas', 'International Movies'], 'A detective returns to her home town and finds an old case.' FROM generate_series(1, 200) i;
INSERT INTO profiles SELECT md5('p' || i)::uuid, pg_temp.mail(i), pg_temp.given(i), lpad((i * 37 % 10000)::text, 4, '0'), i % 7 = 0, 1960 + i % 45,
  jsonb_build_object('language', pg_temp.pick(i, 'en', 'de'), 'autoplay', true, 'recovery_email', pg_temp.mail(i)), pg_temp.ip(i), ARRAY[pg_temp.secret(i, 64)] FROM generate_series(1, 150) i;
INSERT INTO watch_events (profile_id, show_id, watched, device, user_agent)
  SELECT md5('p' || 1 + i % 150)::uuid, 's' || 1 + i % 200, tstzrange(pg_temp.day(i), pg_temp.day(i) + interval '1 hour'), pg_temp.pick(i, 'tv', 'phone'), pg_temp.agent(i) FROM generate_series(1, 500) i;
