<?php
// Standard input: an epoch. Prints what the permit file says under it.
require '/usr/share/farshore/wordpress/farshore/class-farshore-permit.php';
$permit = Farshore_Permit::read( '/run/farshore/permit.json', (int) json_decode( stream_get_contents( STDIN ), true ) );
echo json_encode( array( $permit->admits(), $permit->stands() ) );
