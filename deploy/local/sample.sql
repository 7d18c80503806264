-- The sample application of docker-compose.local.yml: invented people, no real ones.
CREATE TABLE users (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	email text NOT NULL UNIQUE,
	full_name text NOT NULL,
	phone text,
	country char(2) NOT NULL,
	created_at timestamptz NOT NULL
);
CREATE TABLE experiments (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE,
	state text NOT NULL CHECK (state IN ('draft', 'running', 'ended'))
);
CREATE TABLE assignments (
	user_id bigint NOT NULL REFERENCES users,
	experiment_id int NOT NULL REFERENCES experiments,
	variant text NOT NULL,
	assigned_at timestamptz NOT NULL,
	PRIMARY KEY (user_id, experiment_id)
);
CREATE TABLE events (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	user_id bigint NOT NULL REFERENCES users,
	kind text NOT NULL,
	properties jsonb NOT NULL DEFAULT '{}',
	at timestamptz NOT NULL
);
CREATE INDEX ON events (user_id, at);

INSERT INTO users (email, full_name, phone, country, created_at)
SELECT lower(first || '.' || last || n) || '@mail.example.net', first || ' ' || last,
	'+1555' || lpad((n * 7919 % 10000000)::text, 7, '0'),
	(ARRAY ['DE', 'FR', 'US', 'JP'])[1 + n % 4], timestamptz '2025-01-01 UTC' + n * interval '47 minutes'
FROM generate_series(1, 5000) n,
	LATERAL (SELECT (ARRAY ['Anna', 'Ben', 'Clara', 'David', 'Emil', 'Frida'])[1 + n % 6] AS first,
		(ARRAY ['Keller', 'Lorenz', 'Maurer', 'Novak', 'Olsen'])[1 + n % 5] AS last) name;
INSERT INTO experiments (name, state)
VALUES ('checkout-button', 'running'), ('onboarding-steps', 'ended'), ('price-page', 'draft');
INSERT INTO assignments
SELECT u.id, e.id, (ARRAY ['control', 'treatment'])[1 + (u.id + e.id) % 2], u.created_at + interval '1 hour'
FROM users u CROSS JOIN experiments e WHERE e.state <> 'draft';
INSERT INTO events (user_id, kind, properties, at)
SELECT u.id, (ARRAY ['view', 'click', 'purchase'])[1 + n % 3], jsonb_build_object('contact', u.email, 'page', '/p/' || n),
	u.created_at + n * interval '3 hours'
FROM users u CROSS JOIN generate_series(1, 20) n;
