<?php
/**
 * What this app server was told when it was set up: /etc/farshore/wordpress.json.
 *
 * Read before WordPress is there, so nothing here uses it. A file that is missing or wrong closes the shop: whoever
 * cannot tell whether orders need a permit must not take any.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** The file says something that cannot be true; the message names file, key and remedy. */
final class Farshore_Bad_Settings extends RuntimeException {
}

/** Settings of one store on one app server. */
final class Farshore_Settings {

	const FILE     = '/etc/farshore/wordpress.json';
	const RUN      = '/run/farshore';
	const POLICIES = array( 'off', 'open', 'closed' );
	const TLS      = array( 'off', 'encrypt', 'verify' );

	/**
	 * Values as the file has them.
	 *
	 * @var array<string, mixed>
	 */
	private array $values;

	/**
	 * Takes values that were checked.
	 *
	 * @param array<string, mixed> $values Decoded file.
	 */
	private function __construct( array $values ) {
		$this->values = $values;
	}

	/** Which file: a constant set in wp-config.php, the environment, or the usual place. */
	public static function file(): string {
		if ( defined( 'FARSHORE_SETTINGS_FILE' ) ) {
			return (string) FARSHORE_SETTINGS_FILE;
		}
		$told = getenv( 'FARSHORE_SETTINGS_FILE' );
		return is_string( $told ) && '' !== $told ? $told : self::FILE;
	}

	/**
	 * Reads and checks the file.
	 *
	 * @param string|null $file Another file than the usual one.
	 * @throws Farshore_Bad_Settings When it is missing or wrong.
	 */
	public static function load( ?string $file = null ): self {
		$file = $file ?? self::file();
		$text = @file_get_contents( $file ); // phpcs:ignore WordPress.PHP.NoSilencedErrors
		if ( false === $text ) {
			throw new Farshore_Bad_Settings( "The file $file cannot be read; deploy the agents again." );
		}
		$values = json_decode( $text, true );
		if ( ! is_array( $values ) ) {
			throw new Farshore_Bad_Settings( "The file $file is not JSON; deploy the agents again." );
		}
		foreach ( self::wrong( $values ) as $key => $what ) {
			throw new Farshore_Bad_Settings( "$file: `$key` $what." );
		}
		return new self( $values );
	}

	/**
	 * Keys that are wrong, with what they should be.
	 *
	 * @param array<string, mixed> $values Decoded file.
	 * @return array<string, string>
	 */
	private static function wrong( array $values ): array {
		$wrong = array();
		if ( ! is_string( $values['store'] ?? null ) || 1 !== preg_match( '/^[A-Za-z0-9_-]{1,64}$/', $values['store'] ) ) {
			$wrong['store'] = 'must be the name of the store: letters, digits, dashes and underscores';
		}
		if ( ! is_bool( $values['permit'] ?? null ) ) {
			$wrong['permit'] = 'must be true or false: whether orders need a permit';
		}
		if ( ! in_array( $values['journal'] ?? 'off', self::POLICIES, true ) ) {
			$wrong['journal'] = 'must be one of ' . implode( ', ', self::POLICIES );
		}
		if ( ! in_array( $values['tls'] ?? 'off', self::TLS, true ) ) {
			$wrong['tls'] = 'must be one of ' . implode( ', ', self::TLS );
		}
		$key = base64_decode( (string) ( $values['journal_public_key'] ?? '' ), true );
		if ( 'off' !== ( $values['journal'] ?? 'off' ) && ( false === $key || 32 !== strlen( $key ) ) ) {
			$wrong['journal_public_key'] = 'must be 32 bytes in base64: the public part of farshore-journal.key';
		}
		return $wrong;
	}

	/** The store's name: cache keys and journal entries carry it. */
	public function store(): string {
		return $this->values['store'];
	}

	/** Whether orders need a permit: not in a shop that nobody moves between regions. */
	public function needs_permit(): bool {
		return $this->values['permit'];
	}

	/** The order journal's policy: off, open or closed. */
	public function journal(): string {
		return $this->values['journal'] ?? 'off';
	}

	/** How long a checkout waits for the journal. */
	public function journal_timeout_ms(): int {
		return max( 10, min( 10000, (int) ( $this->values['journal_timeout_ms'] ?? 300 ) ) );
	}

	/** The group's public key, 32 bytes: only its owner can read what is sealed with it. */
	public function journal_public_key(): string {
		return (string) base64_decode( (string) ( $this->values['journal_public_key'] ?? '' ), true );
	}

	/** What opens the details of the health check; empty: nothing does. */
	public function check_token(): string {
		return (string) ( $this->values['check_token'] ?? '' );
	}

	/** How a connection to the database is protected: off, encrypt, verify. */
	public function tls(): string {
		return $this->values['tls'] ?? 'off';
	}

	/** The authority that signed the database's certificate; empty: the system's. */
	public function ca_file(): string {
		return (string) ( $this->values['ca_file'] ?? '' );
	}

	/** Longest wait of a writing statement for a lock: nothing may commit long after its permit was looked at. */
	public function lock_wait_s(): int {
		return max( 1, (int) ( $this->values['lock_wait_s'] ?? 2 ) );
	}

	/** Longest silence of a database before a page gives it up. */
	public function read_timeout_s(): int {
		return max( 1, (int) ( $this->values['read_timeout_s'] ?? 30 ) );
	}

	/** The endpoint file: which database, and which role. */
	public function endpoint_file(): string {
		return (string) ( $this->values['endpoint_file'] ?? self::RUN . '/endpoint.json' );
	}

	/** The permit file, beside it. */
	public function permit_file(): string {
		return (string) ( $this->values['permit_file'] ?? dirname( $this->endpoint_file() ) . '/permit.json' );
	}

	/**
	 * Another file that the agent keeps: closed.json, checkouts.lock, unreconciled, journal.sock.
	 *
	 * @param string $name Its name.
	 */
	public function run_file( string $name ): string {
		return dirname( $this->endpoint_file() ) . '/' . $name;
	}

	/** A webhook route of a gateway that the usual patterns do not know, as a regular expression; empty: none. */
	public function webhook_routes(): string {
		return (string) ( $this->values['webhook_routes'] ?? '' );
	}

	/** Where wp-config.php is, for the health check. */
	public function wp_config(): string {
		return (string) ( $this->values['wp_config'] ?? '' );
	}

	/**
	 * A sentence in the shop's own language, where the file has one.
	 *
	 * @param string $key   Its name.
	 * @param string $usual What is said otherwise.
	 */
	public function sentence( string $key, string $usual ): string {
		$own = $this->values['sentences'][ $key ] ?? null;
		return is_string( $own ) && '' !== $own ? $own : $usual;
	}
}
