SELECT o_turn, o_stamped, o_head FROM {schema}.tick($1, $2, $3)
