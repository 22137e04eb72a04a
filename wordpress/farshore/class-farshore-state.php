<?php
/**
 * What this request may do: the endpoint file as it was when the request began, and the permit.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** One for each request, made in config.php. */
final class Farshore_State {

	/**
	 * The one of this request.
	 *
	 * @var self|null
	 */
	private static ?self $current = null;

	/**
	 * Read when first asked for, so that a page that only reads pays nothing.
	 *
	 * @var Farshore_Permit|null
	 */
	private ?Farshore_Permit $permit = null;

	/**
	 * Makes the state of this request.
	 *
	 * @param Farshore_Settings     $settings What this server was told.
	 * @param Farshore_Endpoint     $endpoint What the endpoint file said when the request began.
	 * @param Farshore_Request|null $request  What is asked; null on the command line.
	 */
	public function __construct(
		public readonly Farshore_Settings $settings,
		public readonly Farshore_Endpoint $endpoint,
		public readonly ?Farshore_Request $request = null,
	) {
	}

	/**
	 * Keeps the state of this request.
	 *
	 * @param self $state Made in config.php.
	 */
	public static function begin( self $state ): void {
		self::$current = $state;
	}

	/** The state of this request; null when wp-config.php does not require config.php. */
	public static function current(): ?self {
		return self::$current;
	}

	/** Whether this region is the writer, as the request began. */
	public function is_writer(): bool {
		return 'writer' === $this->endpoint->role;
	}

	/** May a checkout begin, or a background job? */
	public function admits(): bool {
		return $this->is_writer() && $this->permit()->admits();
	}

	/**
	 * May one more statement write?
	 *
	 * A request can outlast the permit that it found: a newer one of the same epoch is as good. One of another epoch
	 * is none, because then somebody else may have sold in between.
	 */
	public function may_write(): bool {
		if ( ! $this->is_writer() ) {
			return false;
		}
		if ( $this->permit()->stands() ) {
			return true;
		}
		$this->permit = $this->read_permit();
		return $this->permit->stands();
	}

	/** Asked before an acknowledgement: the world may have changed while the order was being written. */
	public function still_writer(): bool {
		return $this->may_write() && $this->endpoint->agrees( Farshore_Endpoint::read( $this->settings->endpoint_file() ) );
	}

	/** Whether the orders of the last failover have been gone through. */
	public function is_reconciled(): bool {
		return ! file_exists( $this->settings->run_file( 'unreconciled' ) );
	}

	/** The permit as it was when first asked for. */
	private function permit(): Farshore_Permit {
		return $this->permit ??= $this->read_permit();
	}

	/** Reads the file. */
	private function read_permit(): Farshore_Permit {
		return $this->settings->needs_permit()
			? Farshore_Permit::read( $this->settings->permit_file(), $this->endpoint->epoch )
			: Farshore_Permit::unneeded();
	}
}
