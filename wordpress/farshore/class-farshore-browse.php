<?php
/**
 * Browse only: pages are served, carts are kept, nothing is sold, and everybody is told so politely.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** What a page looks like while the checkout is closed. */
final class Farshore_Browse {

	/**
	 * Whether the notice is on the page already.
	 *
	 * @var bool
	 */
	private bool $shown = false;

	/**
	 * Makes it for this request.
	 *
	 * @param Farshore_State $state What this request may do.
	 */
	public function __construct( private readonly Farshore_State $state ) {
	}

	/** Begins: called only where no checkout may begin. */
	public function begin(): void {
		defined( 'DONOTCACHEPAGE' ) || define( 'DONOTCACHEPAGE', true );
		add_filter( 'wp_headers', array( $this, 'headers' ), PHP_INT_MAX );
		add_action( 'wp_body_open', array( $this, 'banner' ) );
		add_action( 'wp_footer', array( $this, 'banner' ) );
		add_action( 'admin_notices', array( $this, 'admin_notice' ) );
		add_filter( 'login_message', array( $this, 'login_notice' ) );
		add_filter( 'woocommerce_available_payment_gateways', array( $this, 'no_gateways' ), PHP_INT_MAX );
		add_filter( 'rest_pre_dispatch', array( $this, 'rest' ), PHP_INT_MIN, 3 );
		add_action( 'init', array( $this, 'no_migrations' ), 0 );
	}

	/**
	 * A page with a notice must not be kept for those who come when the shop is open again.
	 *
	 * @param array $headers What WordPress sends.
	 */
	public function headers( $headers ): array {
		return array_merge( (array) $headers, array( 'Cache-Control' => 'no-store' ) );
	}

	/** On top of a page; at its end in themes that know no top. */
	public function banner(): void {
		if ( $this->shown ) {
			return;
		}
		$this->shown = true;
		echo '<div role="status" class="farshore-notice" style="padding:.7rem 1rem;background:#fff3cd;color:#1d2b36;text-align:center">' . esc_html( $this->notice() ) . '</div>';
	}

	/** In the dashboard. */
	public function admin_notice(): void {
		echo '<div class="notice notice-warning"><p>' . esc_html( Farshore_Sentences::say( 'admin', $this->state->settings ) ) . '</p></div>';
	}

	/**
	 * Above the login form.
	 *
	 * @param string $message What others say.
	 */
	public function login_notice( $message ): string {
		return $message . '<p class="message">' . esc_html( Farshore_Sentences::say( 'login', $this->state->settings ) ) . '</p>';
	}

	/** A card key that is not shown cannot be charged: a read-only shop calls gateways with order 0. */
	public function no_gateways(): array {
		return array();
	}

	/**
	 * REST calls that came by another way than a request of their own (a batch, another plugin).
	 *
	 * @param mixed           $answer  What others say.
	 * @param WP_REST_Server  $server  The server.
	 * @param WP_REST_Request $request What is asked.
	 * @return mixed
	 */
	public function rest( $answer, $server, $request ) {
		if ( null !== $answer || in_array( $request->get_method(), array( 'GET', 'HEAD', 'OPTIONS' ), true ) ) {
			return $answer;
		}
		$orders = 1 === preg_match( '~\A/wc/(?:store(?:/v\d+)?/checkout|v\d+/orders)(?:/|\z)~', $request->get_route() );
		if ( ! $orders && $this->state->may_write() ) {
			return $answer;
		}
		$key = $orders ? 'closed' : 'write';
		if ( ! headers_sent() ) {
			header( 'Retry-After: ' . Farshore_Closing::RETRY_AFTER_S );
		}
		return new WP_Error( 'farshore_' . $key, Farshore_Sentences::say( $key, $this->state->settings ), array( 'status' => 503 ) );
	}

	/** New code finds old tables on a standby, and would try to change them on every page. */
	public function no_migrations(): void {
		if ( ! $this->state->is_writer() ) {
			remove_action( 'init', array( 'WC_Install', 'check_version' ), 5 );
			remove_action( 'init', array( 'WC_Install', 'manual_database_update' ), 20 );
		}
	}

	/** The sentence, with the time where a planned move has said it. */
	private function notice(): string {
		$plan = Farshore_Closing::read( $this->state->settings->run_file( 'closed.json' ) );
		$when = '' === $plan->clock_time() ? '' : ' ' . sprintf( Farshore_Sentences::say( 'reopens', $this->state->settings ), $plan->clock_time() );
		return Farshore_Sentences::say( 'notice', $this->state->settings ) . $when;
	}
}
