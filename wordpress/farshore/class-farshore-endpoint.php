<?php
/**
 * The endpoint file: which database this region uses now, and whether it is the writer.
 *
 * Read once per request by file_get_contents and never by include: opcache would serve an old one for seconds.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** One reading of the endpoint file. */
final class Farshore_Endpoint {

	const KEYS = array(
		'epoch'  => 'is_int',
		'role'   => 'is_string',
		'region' => 'is_string',
		'host'   => 'is_string',
		'port'   => 'is_int',
	);

	/**
	 * Takes values that were checked.
	 *
	 * @param int    $epoch  Grows each time the writer changes.
	 * @param string $role   Either writer or standby.
	 * @param string $region Where this server is.
	 * @param string $host   The database's host.
	 * @param int    $port   The database's port.
	 */
	private function __construct(
		public readonly int $epoch,
		public readonly string $role,
		public readonly string $region,
		public readonly string $host,
		public readonly int $port,
	) {
	}

	/**
	 * Reads the file; null when it is missing, torn or makes no sense.
	 *
	 * @param string $file The endpoint file.
	 */
	public static function read( string $file ): ?self {
		$text  = @file_get_contents( $file ); // phpcs:ignore WordPress.PHP.NoSilencedErrors
		$found = false === $text ? null : json_decode( $text, true );
		foreach ( self::KEYS as $key => $is ) {
			if ( ! is_array( $found ) || ! array_key_exists( $key, $found ) || ! $is( $found[ $key ] ) ) {
				return null;
			}
		}
		$sane = in_array( $found['role'], array( 'writer', 'standby' ), true ) && $found['epoch'] > 0
			&& 1 === preg_match( '/^[A-Za-z0-9.:_-]{1,255}$/', $found['host'] )
			&& 1 === preg_match( '/^[A-Za-z0-9_-]{1,64}$/', $found['region'] )
			&& $found['port'] > 0 && $found['port'] < 65536;
		return $sane ? new self( $found['epoch'], $found['role'], $found['region'], $found['host'], $found['port'] ) : null;
	}

	/** What WordPress calls DB_HOST. */
	public function db_host(): string {
		$host = str_contains( $this->host, ':' ) ? '[' . $this->host . ']' : $this->host;
		return $host . ':' . $this->port;
	}

	/**
	 * Whether another reading says the same about who may write.
	 *
	 * @param self|null $other Another reading.
	 */
	public function agrees( ?self $other ): bool {
		return null !== $other && $other->epoch === $this->epoch && $other->role === $this->role;
	}
}
