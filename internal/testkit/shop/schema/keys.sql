-- What is made after the rows are loaded: keys, indexes, triggers, views.

ALTER TABLE countries ADD PRIMARY KEY (code);
ALTER TABLE teams ADD PRIMARY KEY (id), ADD UNIQUE (slug);
ALTER TABLE employees ADD PRIMARY KEY (id), ADD UNIQUE (email);
ALTER TABLE users ADD PRIMARY KEY (id), ADD UNIQUE (email);
ALTER TABLE sessions ADD PRIMARY KEY (id), ADD UNIQUE (token);
ALTER TABLE api_keys ADD PRIMARY KEY (id), ADD UNIQUE (token);
ALTER TABLE experiments ADD PRIMARY KEY (id), ADD UNIQUE (key);
ALTER TABLE variants ADD PRIMARY KEY (id), ADD UNIQUE (experiment_id, id), ADD UNIQUE (experiment_id, key);
ALTER TABLE assignments ADD PRIMARY KEY (user_id, experiment_id);
ALTER TABLE events ADD PRIMARY KEY (id);
ALTER TABLE metrics ADD PRIMARY KEY (experiment_id, variant_id, name, day);
ALTER TABLE payments ADD PRIMARY KEY (id);
ALTER TABLE support_tickets ADD PRIMARY KEY (id);
ALTER TABLE "Odd Schema"."Order ""Book""" ADD PRIMARY KEY ("Order No");

ALTER TABLE teams ADD FOREIGN KEY (lead_id) REFERENCES employees DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE employees
    ADD FOREIGN KEY (team_id) REFERENCES teams,
    ADD FOREIGN KEY (manager_id) REFERENCES employees,
    ADD FOREIGN KEY (country_code) REFERENCES countries;
ALTER TABLE sessions ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
ALTER TABLE api_keys ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE;
ALTER TABLE experiments ADD FOREIGN KEY (owner_id) REFERENCES employees;
ALTER TABLE variants ADD FOREIGN KEY (experiment_id) REFERENCES experiments;
ALTER TABLE assignments
    ADD FOREIGN KEY (user_id) REFERENCES users,
    ADD FOREIGN KEY (experiment_id, variant_id) REFERENCES variants (experiment_id, id);
ALTER TABLE events ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE metrics ADD FOREIGN KEY (experiment_id, variant_id) REFERENCES variants (experiment_id, id);
ALTER TABLE payments
    ADD FOREIGN KEY (user_id) REFERENCES users,
    ADD FOREIGN KEY (billing_country) REFERENCES countries;
ALTER TABLE support_tickets
    ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE SET NULL,
    ADD FOREIGN KEY (assignee_id) REFERENCES employees;
ALTER TABLE "Odd Schema"."Order ""Book""" ADD FOREIGN KEY ("User") REFERENCES users;

CREATE INDEX users_by_name ON users (last_name, first_name);
CREATE INDEX events_by_user ON events (user_id);
CREATE INDEX events_by_time ON events USING brin (occurred_at);
CREATE INDEX experiments_by_platform ON experiments USING gin (platforms);
CREATE INDEX open_tickets ON support_tickets (created_at) WHERE status = 'open';
CREATE UNIQUE INDEX employees_email_folded ON employees (lower(email::text));

CREATE TRIGGER touch BEFORE UPDATE ON experiments FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE VIEW running_experiments AS
    SELECT e.id, e.key, e.platforms, o.full_name AS owner
    FROM experiments e JOIN employees o ON o.id = e.owner_id
    WHERE e.status = 'running';
COMMENT ON VIEW running_experiments IS 'what customers see now';

-- The second reads the first, and its name sorts before it.
CREATE MATERIALIZED VIEW variant_exposure AS
    SELECT experiment_id, variant_id, count(*) AS users, min(assigned_at) AS first_at
    FROM assignments GROUP BY experiment_id, variant_id;
CREATE UNIQUE INDEX variant_exposure_key ON variant_exposure (experiment_id, variant_id);
CREATE MATERIALIZED VIEW experiment_balance AS
    SELECT e.key, sum(x.users) AS users, max(x.users)::float8 / sum(x.users)::float8 AS largest_share
    FROM variant_exposure x JOIN experiments e ON e.id = x.experiment_id GROUP BY e.key;
