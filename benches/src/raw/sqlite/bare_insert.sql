INSERT INTO bare (payload)
VALUES
(...)
