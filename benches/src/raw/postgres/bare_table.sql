CREATE TABLE bare (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payload json NOT NULL
)
