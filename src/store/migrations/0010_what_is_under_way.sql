-- Rehearsals and clones that are under way, and the newest answer to a timetable, are found however many there were.
CREATE INDEX rehearsal_running ON rehearsal (id) WHERE state = 'running';
CREATE INDEX rehearsal_by_origin ON rehearsal (environment, origin, id);
CREATE INDEX clone_standing ON clone (environment, number) WHERE state <> 'removed';
