-- What the record points at stays as it is.
CREATE TRIGGER configuration_is_never_changed BEFORE UPDATE ON configuration
BEGIN
	SELECT RAISE(ABORT, 'the audit record is append-only: configurations are never changed');
END;
CREATE TRIGGER configuration_is_never_deleted BEFORE DELETE ON configuration
BEGIN
	SELECT RAISE(ABORT, 'the audit record is append-only: configurations are never deleted');
END;
