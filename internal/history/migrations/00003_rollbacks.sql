-- +goose Up
-- A rollback is a row, too: its outcome is rolled_back, and the run is named whose database was brought back.
ALTER TABLE runs ADD COLUMN back_to text NOT NULL DEFAULT '';
