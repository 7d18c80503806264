-- What a script after the restore does: the personal columns overwritten in place.
ALTER TABLE experiments DISABLE TRIGGER USER;
UPDATE users SET email = 'u' || md5(email) || '@example.com', first_name = 'First' || left(md5(first_name), 6), last_name = 'Last' || left(md5(last_name), 6),
    full_name = 'First' || left(md5(first_name), 6) || ' Last' || left(md5(last_name), 6), phone = '+1 555 ' || left(md5(phone), 7),
    street = 'Street ' || left(md5(street), 6), city = 'City ' || left(md5(city), 6), postcode = '00000', date_of_birth = date_trunc('year', date_of_birth),
    company = 'Firm ' || left(md5(company), 6), signup_ip = ('192.0.2.' || id % 256)::inet, user_agent = 'Mozilla/5.0', national_id = '900-00-' || lpad((id % 10000)::text, 4, '0'),
    attributes = attributes || '{"contact_email": "a@example.com", "emergency": {"name": "Person", "phone": "0"}, "contacts": []}';
TRUNCATE sessions;
UPDATE api_keys SET token = 'tok_' || md5(token), last_used_ip = '192.0.2.1';
UPDATE employees SET email = 'e' || md5(email::text) || '@example.com', first_name = 'First' || left(md5(first_name), 6), last_name = 'Last' || left(md5(last_name), 6),
    phone = '+1 555 0000000', hired_on = date_trunc('month', hired_on);
UPDATE experiments SET hypothesis = 'removed';
UPDATE variants SET payload = '{}' WHERE payload IS NOT NULL;
UPDATE events SET ip = ('192.0.2.' || user_id % 256)::inet, payload = CASE WHEN payload ? 'email' THEN payload || jsonb_build_object('email', 'u' || md5(payload->>'email') || '@example.com') ELSE payload END;
UPDATE metrics SET annotated_by = 'u' || md5(annotated_by) || '@example.com' WHERE annotated_by IS NOT NULL;
UPDATE payments SET card_number = '4242424242424242', card_holder = 'Person ' || left(md5(card_holder), 6) WHERE card_number IS NOT NULL;
UPDATE payments SET iban = 'XX00' || left(md5(iban), 16) WHERE iban IS NOT NULL;
UPDATE support_tickets SET requester_name = 'Person ' || left(md5(requester_name), 6), requester_email = 'u' || md5(requester_email) || '@example.com',
    requester_phone = NULL, cc_emails = '{}', subject = 'removed', body = 'removed';
UPDATE "Odd Schema"."Order ""Book""" SET "Buyer's E-mail" = 'u' || md5("Buyer's E-mail") || '@example.com', "Ship.To" = 'Street 1';
ALTER TABLE experiments ENABLE TRIGGER USER;
