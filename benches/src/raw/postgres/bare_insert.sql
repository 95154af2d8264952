INSERT INTO bare (payload) SELECT payload::json FROM unnest($1::text[]) AS payload
