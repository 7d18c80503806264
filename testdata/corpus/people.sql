-- What the schemas of this folder draw their rows from: invented people, numbered from 1.
-- Person i is the same in every schema. Everything lives in pg_temp, so nothing of it stays.
CREATE FUNCTION pg_temp.pick(i int, VARIADIC list text[]) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT list[1 + abs(i) % array_length(list, 1)] $$;
CREATE FUNCTION pg_temp.given(i int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT pg_temp.pick(i * 7, 'Maria','James','Anna','Robert','Sofia','Thomas','Laura','Daniel','Julia','Peter','Elena','Martin',
   'Katharina','Lucas','Emma','David','Chloe','Andreas','Ingrid','Paul','Nadia','Victor','Teresa','Simon','Beatrice','Oliver','Hannah',
   'Stefan','Monica','George','Alice') $$;
CREATE FUNCTION pg_temp.family(i int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT pg_temp.pick(i * 5 + i / 31, 'Kowalski','Johnson','Schneider','Moreau','Rossi','Fernandez','Novak','Andersson','Papadopoulos','Murphy',
   'Hoffmann','Dubois','Bianchi','Gonzalez','Horvath','Nielsen','Campbell','Richter','Lefebvre','Marino','Ortega','Svensson','O''Brien',
   'Zimmermann','Garnier','Esposito','Delgado','Lindqvist','Sullivan','Bergmann','Fontaine','Greco','Castillo') $$;
CREATE FUNCTION pg_temp.person(i int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT pg_temp.given(i) || ' ' || pg_temp.family(i) $$;
CREATE FUNCTION pg_temp.login(i int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT lower(left(pg_temp.given(i), 1) || regexp_replace(pg_temp.family(i), '\W', '')) || i $$;
CREATE FUNCTION pg_temp.mail(i int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT lower(pg_temp.given(i)) || '.' || pg_temp.login(i) || '@' ||
   pg_temp.pick(i, 'brightwater-mail.net','quillpost.org','harbourline.co','nordmail.se','postfach24.de') $$;
CREATE FUNCTION pg_temp.phone(i int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT '+49' || (1510000000 + (i::bigint * 7654321) % 89999999) $$;
CREATE FUNCTION pg_temp.street(i int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT (i * 13 % 190 + 3) || ' ' || pg_temp.pick(i * 3, 'Chestnut Avenue','Station Road','Highfield Lane','Victoria Street','Mill Road',
   'Church Lane','Kingsway','Park Avenue','Grove Street','Queens Road','Albert Street','North Parade') $$;
CREATE FUNCTION pg_temp.town(i int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT pg_temp.pick(i, 'Leipzig','Bristol','Toulouse','Gdansk','Malmo','Porto','Ghent','Graz','Cork','Turin','Bergen') $$;
CREATE FUNCTION pg_temp.zip(i int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lpad((10000 + i * 7919 % 89999)::text, 5, '0') $$;
CREATE FUNCTION pg_temp.secret(i int, n int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT left(md5('a' || i) || md5('b' || i) || md5('c' || i), n) $$;
CREATE FUNCTION pg_temp.ip(i int) RETURNS inet LANGUAGE sql IMMUTABLE AS
$$ SELECT ('81.' || 2 + i % 200 || '.' || i * 7 % 250 || '.' || 1 + i * 11 % 250)::inet $$;
CREATE FUNCTION pg_temp.day(i int) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
$$ SELECT timestamptz '2024-02-01 08:00+00' + i * interval '7 hours 13 minutes' $$;
CREATE FUNCTION pg_temp.born(i int) RETURNS date LANGUAGE sql IMMUTABLE AS $$ SELECT date '1950-03-01' + i * 131 % 19000 $$;
CREATE FUNCTION pg_temp.agent(i int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT 'Mozilla/5.0 (X11; Linux x86_64; rv:' || 100 + i % 30 || '.0) Gecko/20100101 Firefox/' || 100 + i % 30 || '.0' $$;
CREATE FUNCTION pg_temp.iban(i int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT 'DE' || lpad((98 - (b || '131400')::numeric % 97)::text, 2, '0') || b
   FROM (SELECT '50010517' || lpad((5407324000 + i * 37)::text, 10, '0') AS b) s $$;
CREATE FUNCTION pg_temp.letter(i int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT pg_temp.pick(i, 'The parcel has not arrived yet, please check.', 'Called ' || pg_temp.person(i) || ' back about the invoice.',
   'Write to ' || pg_temp.mail(i) || ' if anything is missing.', 'Works as described, thank you.',
   'Customer moved to ' || pg_temp.street(i) || ', ' || pg_temp.town(i) || '.', 'Reach me at ' || pg_temp.phone(i) || ' after five.') $$;
