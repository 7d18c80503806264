-- A chain of shops that lends films: domains, enums, partitions, full-text search, bytea, views.
CREATE DOMAIN public.release_year AS integer CHECK (VALUE >= 1901 AND VALUE <= 2155);
CREATE TYPE public.rating AS ENUM ('G', 'PG', 'PG-13', 'R', 'NC-17');
CREATE TABLE country (country_id serial PRIMARY KEY, country text NOT NULL, last_update timestamptz NOT NULL DEFAULT now());
CREATE TABLE city (city_id serial PRIMARY KEY, city text NOT NULL, country_id int NOT NULL REFERENCES country, last_update timestamptz NOT NULL DEFAULT now());
CREATE TABLE address (address_id serial PRIMARY KEY, address text NOT NULL, address2 text, district text NOT NULL, city_id int NOT NULL REFERENCES city,
  postal_code text, phone text NOT NULL, last_update timestamptz NOT NULL DEFAULT now());
CREATE TABLE store (store_id serial PRIMARY KEY, manager_staff_id int UNIQUE, address_id int NOT NULL REFERENCES address);
CREATE TABLE staff (staff_id serial PRIMARY KEY, first_name text NOT NULL, last_name text NOT NULL, address_id int NOT NULL REFERENCES address, email text,
  store_id int NOT NULL REFERENCES store, active boolean NOT NULL DEFAULT true, username text NOT NULL, password text, picture bytea);
ALTER TABLE store ADD FOREIGN KEY (manager_staff_id) REFERENCES staff DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE customer (customer_id serial PRIMARY KEY, store_id int NOT NULL REFERENCES store, first_name text NOT NULL, last_name text NOT NULL, email text,
  address_id int NOT NULL REFERENCES address, activebool boolean NOT NULL DEFAULT true, create_date date NOT NULL DEFAULT current_date, active int);
CREATE TABLE actor (actor_id serial PRIMARY KEY, first_name text NOT NULL, last_name text NOT NULL, last_update timestamptz NOT NULL DEFAULT now());
CREATE TABLE language (language_id serial PRIMARY KEY, name char(20) NOT NULL);
CREATE TABLE film (film_id serial PRIMARY KEY, title text NOT NULL, description text, release_year release_year, language_id int NOT NULL REFERENCES language,
  rental_duration smallint NOT NULL DEFAULT 3, rental_rate numeric(4,2) NOT NULL DEFAULT 4.99, length smallint, rating rating DEFAULT 'G',
  special_features text[], fulltext tsvector NOT NULL);
CREATE FUNCTION film_search() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NEW.fulltext := to_tsvector('pg_catalog.english', NEW.title || ' ' || coalesce(NEW.description, '')); RETURN NEW; END $$;
CREATE TRIGGER film_search BEFORE INSERT OR UPDATE ON film FOR EACH ROW EXECUTE FUNCTION film_search();
CREATE INDEX film_fulltext ON film USING gist (fulltext);
CREATE TABLE film_actor (actor_id int NOT NULL REFERENCES actor, film_id int NOT NULL REFERENCES film, PRIMARY KEY (actor_id, film_id));
CREATE TABLE inventory (inventory_id serial PRIMARY KEY, film_id int NOT NULL REFERENCES film, store_id int NOT NULL REFERENCES store);
CREATE TABLE rental (rental_id serial PRIMARY KEY, rental_date timestamptz NOT NULL, inventory_id int NOT NULL REFERENCES inventory,
  customer_id int NOT NULL REFERENCES customer, return_date timestamptz, staff_id int NOT NULL REFERENCES staff);
CREATE UNIQUE INDEX ON rental (rental_date, inventory_id, customer_id);
CREATE TABLE payment (payment_id bigint GENERATED ALWAYS AS IDENTITY, customer_id int NOT NULL REFERENCES customer, staff_id int NOT NULL REFERENCES staff,
  rental_id int REFERENCES rental, amount numeric(5,2) NOT NULL, payment_date timestamptz NOT NULL, PRIMARY KEY (payment_date, payment_id)) PARTITION BY RANGE (payment_date);
CREATE TABLE payment_h1 PARTITION OF payment FOR VALUES FROM ('2024-01-01') TO ('2024-03-01');
CREATE TABLE payment_h2 PARTITION OF payment FOR VALUES FROM ('2024-03-01') TO ('2025-01-01');
INSERT INTO country (country) VALUES ('Germany'), ('France'), ('Portugal'), ('Norway');
INSERT INTO city (city, country_id) SELECT pg_temp.town(i), 1 + i % 4 FROM generate_series(1, 11) i;
INSERT INTO address (address, district, city_id, postal_code, phone)
  SELECT pg_temp.street(i), pg_temp.pick(i, 'Saxony', 'Avon', 'Occitanie', ''), 1 + i % 11, pg_temp.zip(i), ltrim(pg_temp.phone(i), '+') FROM generate_series(1, 130) i;
BEGIN;
INSERT INTO store (address_id) VALUES (129), (130);
INSERT INTO staff (first_name, last_name, address_id, email, store_id, username, password, picture)
  SELECT pg_temp.given(i), pg_temp.family(i), i, pg_temp.mail(i), i - 126, pg_temp.given(i), pg_temp.secret(i, 40), decode('89504e470d0a1a0a' || pg_temp.secret(i, 60), 'hex')
  FROM generate_series(127, 128) i;
COMMIT;
UPDATE store SET manager_staff_id = store_id;
INSERT INTO customer (store_id, first_name, last_name, email, address_id, active)
  SELECT 1 + i % 2, upper(pg_temp.given(i)), upper(pg_temp.family(i)), pg_temp.mail(i), i, 1 FROM generate_series(1, 120) i;
INSERT INTO actor (first_name, last_name) SELECT upper(pg_temp.given(i + 200)), upper(pg_temp.family(i + 200)) FROM generate_series(1, 40) i;
INSERT INTO language (name) VALUES ('English'), ('German');
INSERT INTO film (title, description, release_year, language_id, length, rating, special_features, fulltext)
  SELECT pg_temp.pick(i, 'ACADEMY', 'BIRD', 'CHAMBER', 'DRAGON', 'EAGLES') || ' ' || pg_temp.pick(i / 5, 'DINOSAUR', 'INDEPENDENCE', 'ITALIAN', 'SQUAD'),
    'A thoughtful drama of a ' || pg_temp.pick(i, 'boat', 'teacher', 'robot') || ' who must find a ' || pg_temp.pick(i, 'monastery', 'shark') || ' in a balloon factory',
    1990 + i % 30, 1 + i % 2, 60 + i, (enum_range(NULL::rating))[1 + i % 5], ARRAY['Trailers', 'Deleted Scenes'], '' FROM generate_series(1, 60) i;
INSERT INTO film_actor SELECT 1 + i % 40, 1 + i % 60 FROM generate_series(1, 119) i;
INSERT INTO inventory (film_id, store_id) SELECT 1 + i % 60, 1 + i % 2 FROM generate_series(1, 150) i;
INSERT INTO rental (rental_date, inventory_id, customer_id, return_date, staff_id)
  SELECT pg_temp.day(i), 1 + i % 150, 1 + i % 120, pg_temp.day(i + 9), 1 + i % 2 FROM generate_series(1, 400) i;
INSERT INTO payment (customer_id, staff_id, rental_id, amount, payment_date) SELECT customer_id, staff_id, rental_id, 4.99, rental_date FROM rental;
CREATE VIEW customer_list AS SELECT c.customer_id, c.first_name || ' ' || c.last_name AS name, a.address, a.phone, ci.city FROM customer c
  JOIN address a USING (address_id) JOIN city ci USING (city_id);
CREATE MATERIALIZED VIEW rental_by_day AS SELECT date_trunc('day', rental_date) AS day, count(*) FROM rental GROUP BY 1;
