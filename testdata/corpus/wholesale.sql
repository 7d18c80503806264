-- A wholesaler's old schema: char(5) keys made of company names, photographs, notes about employees.
CREATE TABLE categories (category_id smallint PRIMARY KEY, category_name varchar(15) NOT NULL, description text, picture bytea);
CREATE TABLE customers (customer_id char(5) PRIMARY KEY, company_name varchar(40) NOT NULL, contact_name varchar(30), contact_title varchar(30), address varchar(60), city varchar(15),
  region varchar(15), postal_code varchar(10), country varchar(15), phone varchar(24), fax varchar(24));
CREATE TABLE employees (employee_id smallint PRIMARY KEY, last_name varchar(20) NOT NULL, first_name varchar(10) NOT NULL, title varchar(30), title_of_courtesy varchar(25), birth_date date,
  hire_date date, address varchar(60), city varchar(15), postal_code varchar(10), country varchar(15), home_phone varchar(24), extension varchar(4), photo bytea, notes text,
  reports_to smallint REFERENCES employees, photo_path varchar(255));
CREATE TABLE suppliers (supplier_id smallint PRIMARY KEY, company_name varchar(40) NOT NULL, contact_name varchar(30), contact_title varchar(30), address varchar(60), city varchar(15), phone varchar(24), homepage text);
CREATE TABLE products (product_id smallint PRIMARY KEY, product_name varchar(40) NOT NULL, supplier_id smallint REFERENCES suppliers, category_id smallint REFERENCES categories,
  quantity_per_unit varchar(20), unit_price real, units_in_stock smallint, discontinued int NOT NULL);
CREATE TABLE shippers (shipper_id smallint PRIMARY KEY, company_name varchar(40) NOT NULL, phone varchar(24));
CREATE TABLE orders (order_id int PRIMARY KEY, customer_id char(5) REFERENCES customers, employee_id smallint REFERENCES employees, order_date date, required_date date, shipped_date date,
  ship_via smallint REFERENCES shippers, freight real, ship_name varchar(40), ship_address varchar(60), ship_city varchar(15), ship_postal_code varchar(10), ship_country varchar(15));
CREATE TABLE order_details (order_id int REFERENCES orders, product_id smallint REFERENCES products, unit_price real NOT NULL, quantity smallint NOT NULL, discount real NOT NULL, PRIMARY KEY (order_id, product_id));
INSERT INTO categories SELECT i, pg_temp.pick(i, 'Beverages', 'Condiments', 'Produce', 'Seafood'), 'Soft drinks, coffees, teas', NULL FROM generate_series(1, 4) i;
INSERT INTO employees SELECT i, left(pg_temp.family(i), 20), left(pg_temp.given(i), 10), 'Sales Representative', pg_temp.pick(i, 'Ms.', 'Mr.'), pg_temp.born(i), pg_temp.day(i)::date, pg_temp.street(i),
  pg_temp.town(i), pg_temp.zip(i), 'UK', left(pg_temp.phone(i), 24), (1000 + i)::text, decode(pg_temp.secret(i, 80), 'hex'),
  pg_temp.given(i) || ' has a degree in psychology and reads French. Contact ' || pg_temp.mail(i) || '.', nullif(i / 4, 0), 'http://intranet/photos/' || lower(pg_temp.family(i)) || '.bmp' FROM generate_series(1, 9) i;
INSERT INTO customers SELECT upper(left(md5('k' || i), 5)), pg_temp.pick(i, 'Alfred Futter', 'Island Trading', 'Old World Delicatessen', 'Blauer See') || ' ' || i, pg_temp.person(i),
  pg_temp.pick(i, 'Owner', 'Sales Agent', 'Accounting Manager'), pg_temp.street(i), pg_temp.town(i), NULL, pg_temp.zip(i), 'Germany', pg_temp.phone(i), NULL FROM generate_series(10, 100) i;
INSERT INTO suppliers SELECT i, 'Exotic Liquids ' || i, pg_temp.person(i + 100), 'Purchasing Manager', pg_temp.street(i + 100), pg_temp.town(i + 100), pg_temp.phone(i + 100), NULL FROM generate_series(1, 12) i;
INSERT INTO products SELECT i, pg_temp.pick(i, 'Chai', 'Aniseed Syrup', 'Ikura', 'Tofu', 'Konbu') || ' ' || i, 1 + i % 12, 1 + i % 4, '10 boxes x 20 bags', 18, 39, 0 FROM generate_series(1, 40) i;
INSERT INTO shippers VALUES (1, 'Speedy Express', '(503) 555-9831'), (2, 'United Package', '(503) 555-3199');
INSERT INTO orders SELECT 10000 + n, c.customer_id, 1 + n % 9, pg_temp.day(n)::date, pg_temp.day(n + 50)::date, NULL, 1 + n % 2, 32.4, c.company_name, c.address, c.city, c.postal_code, c.country
  FROM (SELECT *, row_number() OVER () AS k FROM customers) c, LATERAL (SELECT (c.k * 3 + j)::int AS n FROM generate_series(0, 2) j) g;
INSERT INTO order_details SELECT order_id, 1 + order_id % 40, 14, 12, 0 FROM orders;
