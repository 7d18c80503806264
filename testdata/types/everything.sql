-- A table of every type that datasets know, and rows that hold what is hard to write.
CREATE TYPE mood AS ENUM ('sad', 'ok', 'very "happy"');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN short AS varchar(10);
CREATE DOMAIN cents AS numeric(12,2);
CREATE DOMAIN tags AS text[];
CREATE TABLE everything (
  id bigint PRIMARY KEY,
  b bool, i2 int2, i4 int4 NOT NULL DEFAULT 7, i8 int8, o oid, f4 float4, f8 float8,
  d9 numeric(9,2), d18 numeric(18,6), d38 numeric(38,10), d0 numeric(20), dbig numeric(50,2), dneg numeric(5,-2),
	dany numeric,
  t text, v varchar(20), c char(6), nm name, ch "char", u uuid, j json, jb jsonb, x xml,
  dt date, ts timestamp, tz timestamptz, tm time, ttz timetz, iv interval, by bytea,
  ip inet, net cidr, mac macaddr, m mood, p pair, r int4range, mr int8multirange, tv tsvector, bits bit varying, mon
	money, pt point,
  sd short, cd cents,
  ai int[], at text[] NOT NULL DEFAULT '{}', an numeric(10,3)[], au uuid[], ats timestamptz[], ab bytea[], aj
	jsonb[], ad date[], am mood[], aip inet[], ap pair[], td tags, abool bool[], af float8[],
  g bigint GENERATED ALWAYS AS (i4::bigint * 2) STORED,
  "Odd ""Column"".name" text
);

INSERT INTO everything(id) VALUES (1);
INSERT INTO everything VALUES (2, true, -32768, 2147483647, -9223372036854775808, 4294967295, 'NaN', '-Infinity',
  -9999999.99, 123456789012.000001, -1234567890123456789012345678.0123456789, 99999999999999999999, 12.50, 12300, 'NaN',
  E'tab\tnew\nline "q" \\ ünï', '', 'ab', 'some_name', 'z', '00000000-0000-0000-0000-000000000001',
	'{"a" : 1, "a":2}', '{"b": [1, 2.50, null]}', '<a>1</a>',
  '0044-03-15 BC', '4713-01-01 00:00:00 BC', '294246-12-31 23:59:59.999999Z', '23:59:59.999999', '12:00+02',
	'1 year 2 mons -3 days 04:05:06.7', '\x00ff10',
  '192.0.2.1/24', '10.0.0.0/8', '08:00:2b:01:02:03', 'very "happy"', '(1,"x,y")', '[1,5)', '{[1,3),[5,7)}',
	'a:1 b:2', '10101', '12.34', '(1,2)',
  'abc', 99.95,
  '{1,NULL,3}', '{}', '{1.5,-0.001,NULL}', '{00000000-0000-0000-0000-00000000000a}', '{2026-01-01 00:00:00+02}',
	'{"\\x01",NULL}', '{"{\"k\": 1}"}', '{2026-11-21}', '{sad,"very \"happy\""}', '{192.0.2.7}', '{"(1,a)",NULL}',
		'{x,"y z"}', '{t,f,NULL}', '{1e-300,NaN}',
  DEFAULT, 'odd');
INSERT INTO everything(id, at, t, d9, d38, f8, f4, dt, tz, j, i4, ai) VALUES
  (-5, '{"a\"b","c\\d","",NULL,"NULL"}', '', 0, 0.0000000001, 1e308, 1e-45, '5874897-12-31',
	'2026-03-29 01:30:00+01', '[]', -2147483648, '{}'),
  (10, DEFAULT, repeat('long ', 5000), 0.01, 9999999999999999999999999999.9999999999, 0.1, 0.1, '1970-01-01',
	'1969-12-31 23:59:59.999999Z', '"s"', 0, '{7}'),
  (11, DEFAULT, 'x', 10000, 100000000, -0.0, 16777217, '2000-01-01', '2000-01-01 00:00:00Z', 'null', 1, NULL);
