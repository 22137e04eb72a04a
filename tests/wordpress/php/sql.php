<?php
// Standard input: a list of statements. Prints whether each is taken for a read, and whether for noise.
require '/usr/share/farshore/wordpress/farshore/class-farshore-sql.php';
$told = array();
foreach ( json_decode( stream_get_contents( STDIN ), true ) as $sql ) {
	$told[] = array( Farshore_Sql::reads( $sql ), Farshore_Sql::is_noise( $sql ) );
}
echo json_encode( $told );
