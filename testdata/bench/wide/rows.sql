-- The rows of schema.sql, for as many accounts as the setting bench.accounts says. All of it follows
-- from the row's number, so two loads are equal.

CREATE FUNCTION pg_temp.pick(words text[], n bigint, salt int) RETURNS text IMMUTABLE LANGUAGE sql AS
$$ SELECT words[1 + ((hashint8extended(n, salt) & 4611686018427387903) % cardinality(words))] $$;
CREATE FUNCTION pg_temp.num(n bigint, salt int, below bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS
$$ SELECT (hashint8extended(n, salt) & 4611686018427387903) % below $$;
-- Numbers with the check digits of ISO 13616 and ISO/IEC 7812.
CREATE FUNCTION pg_temp.iban(bban text) RETURNS text IMMUTABLE LANGUAGE sql AS
$$ SELECT 'DE' || lpad((98 - (bban || '131400')::numeric % 97)::text, 2, '0') || bban $$;
CREATE FUNCTION pg_temp.card(digits text) RETURNS text IMMUTABLE LANGUAGE sql AS
$$ SELECT digits || (10 - sum(CASE WHEN k % 2 = 0 THEN d WHEN d > 4 THEN 2 * d - 9 ELSE 2 * d END) % 10) % 10
   FROM (SELECT k, substr(digits, k, 1)::int d FROM generate_series(1, 15) k) x $$;

CREATE TEMP TABLE w AS SELECT
    '{Marta,Jonas,Ingrid,Pavel,Lucía,Tomasz,Amélie,Henrik,Chiara,Wouter,Yusuf,Katalin,Oskar,Nadia,Bruno,Elif,Sven,Leïla,Matteo,Hanna,Dmitri,Ines,Rafael,Greta}'::text[] given,
    '{Lindqvist,Baumgartner,Kowalczyk,Fernández,Moreau,Jørgensen,Visser,Horváth,Rossetti,Novotná,Yıldız,Andersson,Petrov,Carvalho,Schneider,O''Sullivan,Laurent,Nakamura,Keller,Bianchi,Dubois,Eriksen,Farkas,Wójcik}'::text[] family,
    '{Berlin,Lyon,Kraków,Porto,Bologna,Utrecht,Malmö,Győr,Brno,Izmir,Bergen,Graz,Gdańsk,Sevilla,Nantes,Leeds}'::text[] town,
    '{Lindenstraße,Rue des Tanneurs,ulica Polna,Via Garibaldi,Keizersgracht,Storgatan,Kossuth utca,Calle Mayor,Rua Augusta,Mill Lane,Bahnhofstraße,Avenue Foch}'::text[] way,
    '{open,pending,closed,draft,archived,locked}'::text[] state, '{basic,standard,premium,partner}'::text[] tier,
    '{import,form,partner feed,migration,api}'::text[] origin,
    '{steel,oak,walnut,cotton,linen,ceramic,glass,brass,cork,bamboo}'::text[] material,
    '{amber,teal,navy,olive,crimson,ivory,slate,coral}'::text[] colour,
    '{north dock,south dock,hall two,mezzanine,cold store}'::text[] place,
    '{added to basket,changed delivery slot,opened the catalogue,paid an invoice,returned a parcel}'::text[] deed,
    '{the parcel arrived two days late and the box was open at one side,the invoice shows the discount twice,delivery was moved to the next morning because the road was closed,the customer wants the same colour as in the spring catalogue,we offered a refund of the shipping cost and this was accepted,the second item is out of stock until the middle of the month,the measure on the page differs from the one on the label,the door code was missing so the driver came again,a replacement was sent by express on the same day,the order was split over three deliveries,the packing list names four pieces and only three were found,the warranty covers the hinge but not the handle}'::text[] sentence;

INSERT INTO accounts SELECT i,
    lower(translate(pg_temp.pick(given, i, 1), 'éïüíá', 'eiuia') || '.' || translate(pg_temp.pick(family, i, 2), 'øáüı''óZŻ', 'oauiozz')) || i || '@' || pg_temp.pick('{gmail.com,outlook.com,yahoo.fr,web.de,libero.it,wp.pl}', i, 3),
    CASE WHEN i % 3 = 0 THEN 'private' || i || '@' || pg_temp.pick('{gmx.net,proton.me,orange.fr}', i, 4) END,
    lower(pg_temp.pick(given, i, 1)) || '_' || i,
    pg_temp.pick(given, i, 1), pg_temp.pick(family, i, 2), pg_temp.pick(given, i, 1) || ' ' || pg_temp.pick(family, i, 2),
    '+49 30 ' || 20000000 + pg_temp.num(i, 5, 70000000), CASE WHEN i % 2 = 0 THEN '+33 6' || lpad(pg_temp.num(i, 6, 100000000)::text, 8, '0') END,
    pg_temp.pick(way, i, 7) || ' ' || 1 + pg_temp.num(i, 8, 180), pg_temp.pick(town, i, 9), lpad((1000 + pg_temp.num(i, 10, 90000))::text, 5, '0'),
    (date '1940-01-01' + pg_temp.num(i, 11, 23000)::int)::text,
    pg_temp.pick(family, i, 12) || ' & ' || pg_temp.pick('{Sons,Partners,Söhne,Fils,Figli}', i, 13),
    (62 + pg_temp.num(i, 14, 120)) || '.' || pg_temp.num(i, 15, 256) || '.' || pg_temp.num(i, 16, 256) || '.' || 1 + pg_temp.num(i, 17, 254),
    pg_temp.iban('37040044' || lpad(pg_temp.num(i, 90, 10000000000)::text, 10, '0')), pg_temp.card('4' || lpad(pg_temp.num(i, 91, 100000000000000)::text, 14, '0')),
    100 + pg_temp.num(i, 92, 500) || '-' || 10 + pg_temp.num(i, 93, 80) || '-' || 1000 + pg_temp.num(i, 94, 8000),
    pg_temp.pick(given, i, 18) || ' ' || pg_temp.pick(family, i, 19), '+48 ' || 500000000 + pg_temp.num(i, 20, 300000000),
    CASE WHEN i % 4 = 0 THEN 'Called ' || pg_temp.pick(given, i, 1) || ' ' || pg_temp.pick(family, i, 2) || ': ' || pg_temp.pick(sentence, i, 21) END,
    pg_temp.pick(state, i, 22), pg_temp.pick(tier, i, 23), pg_temp.pick(origin, i, 24), pg_temp.pick('{web,shop,phone,fair}', i, 25),
    'campaign ' || pg_temp.num(i, 26, 40), pg_temp.pick('{new,loyal,lapsed,wholesale}', i, 27), pg_temp.pick('{de,fr,pl,it,en}', i, 28), pg_temp.pick('{EUR,PLN,SEK,GBP}', i, 29),
    pg_temp.pick('{light,dark,contrast}', i, 30), pg_temp.pick('{Europe/Berlin,Europe/Paris,Europe/Warsaw}', i, 31), pg_temp.pick('{monthly,yearly,trial}', i, 32),
    'PL-' || pg_temp.num(i, 33, 90), 'R' || pg_temp.num(i, 34, 30), pg_temp.pick(place, i, 35), chr(65 + pg_temp.num(i, 36, 26)::int) || pg_temp.num(i, 37, 60),
    pg_temp.pick(colour, i, 38), pg_temp.pick('{small,medium,large,extra large}', i, 39), pg_temp.pick(material, i, 40), pg_temp.pick(material, i, 41) || ' ' || pg_temp.pick('{table,shelf,lamp,chair,bowl}', i, 42),
    'SKU-' || upper(to_hex(pg_temp.num(i, 43, 1048576))) || '-' || pg_temp.pick('{A,B,C}', i, 44), 'ALT-' || upper(to_hex(pg_temp.num(i, 45, 1048576))),
    'B' || pg_temp.num(i, 46, 9000), 'L' || pg_temp.num(i, 47, 900), pg_temp.pick('{piece,pair,box,metre}', i, 48), pg_temp.pick('{carton,crate,roll,pallet}', i, 49),
    pg_temp.pick('{post,courier,freight,pick-up}', i, 50), pg_temp.pick('{economy,express,next day}', i, 51), pg_temp.pick('{in transit,delivered,returned,held}', i, 52),
    pg_temp.pick(deed, i, 53), '/catalogue/' || pg_temp.pick(material, i, 54) || '/' || pg_temp.num(i, 55, 400),
    CASE WHEN i % 5 = 0 THEN 'timeout after ' || pg_temp.num(i, 56, 30) || ' s' END, pg_temp.pick('{search,newsletter,direct,partner}', i, 57),
    pg_temp.pick('{desktop,tablet,handset}', i, 58), pg_temp.pick('{linux,android,windows,macos}', i, 59), pg_temp.pick('{firefox,chrome,safari}', i, 60),
    pg_temp.num(i, 61, 9) || '.' || pg_temp.num(i, 62, 30) || '.' || pg_temp.num(i, 63, 20), 'build ' || pg_temp.num(i, 64, 4000), 'checkout layout ' || pg_temp.num(i, 65, 12),
    pg_temp.pick('{control,variant a,variant b}', i, 66), 'spring ' || 2019 + pg_temp.num(i, 67, 7)
FROM w, generate_series(1, current_setting('bench.accounts')::bigint) i;

INSERT INTO documents SELECT i, i * 3 - 2, pg_temp.pick('{order,return,offer}', i, 70),
    jsonb_build_object('customer', jsonb_build_object('name', a.full_name, 'email', a.email, 'phone', a.phone, 'tier', a.tier, 'segment', a.segment),
        'shipping', jsonb_build_object('street', a.street, 'city', a.city, 'carrier', a.carrier, 'service', a.service_level, 'state', a.tracking_state),
        'client', jsonb_build_object('ip', a.login_ip, 'device', a.device_kind, 'os', a.os_family, 'browser', a.browser_family, 'version', a.app_version, 'build', a.build),
        'total', (100 + pg_temp.num(i, 71, 90000)) / 100.0, 'currency', a.currency, 'paid', i % 3 <> 0, 'channel', a.channel, 'campaign', a.campaign, 'language', a.language, 'theme', a.theme,
        'lines', jsonb_build_array(
            jsonb_build_object('sku', a.sku, 'batch', a.batch, 'colour', a.colour, 'material', a.material, 'size', a.size_label, 'unit', a.unit, 'count', 1 + pg_temp.num(i, 72, 9), 'price', pg_temp.num(i, 73, 20000)),
            jsonb_build_object('sku', a.sku_alt, 'batch', a.lot, 'colour', a.colour, 'material', a.material, 'size', a.size_label, 'unit', a.unit, 'count', 1 + pg_temp.num(i, 74, 9), 'price', pg_temp.num(i, 75, 20000)))) ||
    jsonb_build_object('warehouse', jsonb_build_object('name', a.warehouse, 'shelf', a.shelf, 'packing', a.packing, 'weight', pg_temp.num(i, 76, 30000), 'volume', pg_temp.num(i, 77, 900)),
        'flags', jsonb_build_object('gift', i % 7 = 0, 'fragile', i % 5 = 0, 'insured', i % 11 = 0, 'express', i % 4 = 0, 'partial', i % 6 = 0, 'review', i % 9 = 0),
        'steps', jsonb_build_object('placed', 1, 'picked', pg_temp.num(i, 78, 90), 'packed', pg_temp.num(i, 79, 90), 'handed', pg_temp.num(i, 80, 90), 'arrived', pg_temp.num(i, 81, 900)),
        'note', pg_temp.pick(sentence, i, 82), 'reason', pg_temp.pick(sentence, i, 83), 'origin', a.source, 'status', a.status, 'plan', a.plan, 'region', a.region_code, 'experiment', a.experiment,
        'variant', a.variant, 'cohort', a.cohort)
FROM w, generate_series(1, current_setting('bench.accounts')::bigint / 3) i JOIN accounts a ON a.id = i * 3 - 2;

INSERT INTO notes SELECT i, a.id, pg_temp.pick(given, i, 84) || ' ' || pg_temp.pick(family, i, 85), timestamptz '2024-01-01 UTC' + i * interval '7 minutes',
    'Spoke with ' || a.full_name || ' (' || a.email || ', ' || a.phone || '). ' ||
    (SELECT string_agg(initcap(left(s, 1)) || substr(s, 2), '. ') FROM (SELECT pg_temp.pick(sentence, i * 64 + k, 86) s FROM generate_series(1, 50) k) x) ||
    '. Signed ' || a.first_name || '.'
FROM w, generate_series(1, current_setting('bench.accounts')::bigint / 6) i JOIN accounts a ON a.id = i * 6 - 5;
