-- The audit record only grows. The chain of hashes finds what goes round these.
CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN
	SELECT RAISE(ABORT, 'the audit record is append-only: events are never changed');
END;
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN
	SELECT RAISE(ABORT, 'the audit record is append-only: events are never deleted');
END;
