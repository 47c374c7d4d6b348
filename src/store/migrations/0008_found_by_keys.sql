-- What is asked for every few minutes is found by its key, however much has happened.
CREATE INDEX test_by_candidate_alone ON test_result (candidate, id);
CREATE INDEX approval_by_candidate_alone ON approval (candidate, id);
CREATE INDEX rollout_by_environment ON rollout (environment, id);
CREATE INDEX environment_change_by_rollout ON environment_change (environment, rollout, version);
