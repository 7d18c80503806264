-- Inheritance: rows of the parent alone, several parents, columns of a child's own, constraints that are not inherited.
CREATE TABLE vehicles (id serial PRIMARY KEY, plate text NOT NULL, wheels int DEFAULT 4, CONSTRAINT some_wheels CHECK (wheels >= 0),
    CONSTRAINT no_truck CHECK (plate !~ '^T') NO INHERIT);
CREATE TABLE owned (holder text, plate text NOT NULL);
CREATE TABLE cars (doors int) INHERITS (vehicles);
CREATE TABLE trucks (load numeric, CONSTRAINT heavy CHECK (load > 1)) INHERITS (vehicles, owned);
CREATE TABLE big_trucks (axles int[]) INHERITS (trucks);
ALTER TABLE big_trucks ALTER wheels SET DEFAULT 18, ALTER load SET NOT NULL;
CREATE TABLE loner (LIKE vehicles INCLUDING ALL EXCLUDING CONSTRAINTS);
ALTER TABLE loner ADD CONSTRAINT some_wheels CHECK (wheels >= 0);
ALTER TABLE loner INHERIT vehicles;
CREATE INDEX cars_doors ON cars (doors);
INSERT INTO vehicles (plate) SELECT 'V' || i FROM generate_series(1, 50) i;
INSERT INTO cars (plate, doors) SELECT 'C' || i, i % 5 FROM generate_series(1, 60) i;
INSERT INTO owned SELECT 'holder ' || i, 'O' || i FROM generate_series(1, 10) i;
INSERT INTO trucks (plate, holder, load) SELECT 'T' || i, 'h' || i, i + 1 FROM generate_series(1, 70) i;
INSERT INTO big_trucks (plate, load, axles) SELECT 'T' || i, i + 2, ARRAY[i, NULL, 3] FROM generate_series(1, 80) i;
INSERT INTO loner (plate, wheels) VALUES ('L1', 0);
CREATE VIEW heavy AS SELECT id, plate FROM vehicles WHERE wheels > 4;
