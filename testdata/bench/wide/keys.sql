ALTER TABLE accounts ADD PRIMARY KEY (id), ADD UNIQUE (email), ADD UNIQUE (username);
ALTER TABLE documents ADD PRIMARY KEY (id), ADD FOREIGN KEY (account_id) REFERENCES accounts;
ALTER TABLE notes ADD PRIMARY KEY (id), ADD FOREIGN KEY (account_id) REFERENCES accounts;
CREATE INDEX accounts_by_name ON accounts (last_name, first_name);
CREATE INDEX accounts_by_status ON accounts (status, tier);
CREATE INDEX accounts_by_sku ON accounts (sku);
CREATE INDEX documents_by_account ON documents (account_id);
CREATE INDEX notes_by_account ON notes (account_id, written_at);
