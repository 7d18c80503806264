-- What a script after the restore does: the personal columns overwritten in place, and the dead rows
-- of the update thrown away.
UPDATE accounts SET email = 'u' || md5(email) || '@example.com', backup_email = 'b' || md5(backup_email) || '@example.com',
    username = 'u' || md5(username), first_name = 'First' || left(md5(first_name), 6), last_name = 'Last' || left(md5(last_name), 6),
    full_name = 'First' || left(md5(first_name), 6) || ' Last' || left(md5(last_name), 6), phone = '+49 30 ' || left(md5(phone), 8),
    mobile = '+33 6' || left(md5(mobile), 8), street = 'Street ' || left(md5(street), 6), city = 'City ' || left(md5(city), 6), postcode = '00000',
    birth_date = left(birth_date, 4) || '-01-01', company = 'Firm ' || left(md5(company), 6), login_ip = '192.0.2.' || id % 256, iban = 'XX00' || left(md5(iban), 18),
    card_number = '4242424242424242', national_id = '900-00-' || lpad((id % 10000)::text, 4, '0'), emergency_name = 'Person ' || left(md5(emergency_name), 6), emergency_phone = '+48 000000000', remark = 'removed';
UPDATE documents SET doc = doc || jsonb_build_object('customer', doc->'customer' || jsonb_build_object('name', 'Person ' || left(md5(doc#>>'{customer,name}'), 6),
    'email', 'u' || md5(doc#>>'{customer,email}') || '@example.com', 'phone', '+49 30 00000000'), 'shipping', doc->'shipping' || '{"street": "Street 1", "city": "City"}',
    'client', doc->'client' || '{"ip": "192.0.2.1"}');
UPDATE notes SET author = 'Person ' || left(md5(author), 6), body = regexp_replace(body, 'Spoke with [^.]*\.[^.]*\.', 'Spoke with a customer.');
