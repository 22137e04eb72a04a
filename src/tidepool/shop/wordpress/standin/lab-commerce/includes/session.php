<?php
/**
 * Sessions: a row for each visitor who has put something into a cart, found by a signed cookie.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** The visitor's session; written once, when the request ends. */
class WC_Session_Handler {
	/** @var string */
	private $cookie;
	/** @var string */
	private $customer_id = '';
	/** @var int */
	private $expires;
	/** @var array */
	private $data = array();
	/** @var bool */
	private $dirty = false;
	/** @var bool */
	private $has_cookie = false;

	public function __construct() {
		$this->cookie  = apply_filters( 'woocommerce_cookie', 'wp_woocommerce_session_' . COOKIEHASH );
		$this->expires = time() + 2 * DAY_IN_SECONDS;
	}

	public function init() {
		$found = $this->get_session_cookie();
		if ( $found ) {
			list( $this->customer_id, $this->expires ) = $found;
			$this->has_cookie                          = true;
			$this->data                                = $this->read( $this->customer_id );
		} else {
			$this->customer_id = is_user_logged_in() ? (string) get_current_user_id() : 't_' . bin2hex( random_bytes( 15 ) );
		}
		add_action( 'shutdown', array( $this, 'save_data' ), 20 );
	}

	/** @return array{string, int}|false */
	public function get_session_cookie() {
		$parts = explode( '||', (string) wp_unslash( $_COOKIE[ $this->cookie ] ?? '' ) ); // phpcs:ignore WordPress.Security
		if ( 4 !== count( $parts ) || (int) $parts[1] < time() || ! hash_equals( $this->sign( $parts[0], $parts[1] ), $parts[3] ) ) {
			return false;
		}
		return array( $parts[0], (int) $parts[1] );
	}

	private function sign( string $customer, string $expires ): string {
		$text = $customer . '|' . $expires;
		return hash_hmac( 'md5', $text, wp_hash( $text ) );
	}

	public function set_customer_session_cookie( $set ) {
		if ( ! $set || $this->has_cookie ) {
			return;
		}
		$this->has_cookie = true;
		$value            = implode( '||', array( $this->customer_id, $this->expires, $this->expires - HOUR_IN_SECONDS, $this->sign( $this->customer_id, (string) $this->expires ) ) );
		if ( ! headers_sent() ) {
			setcookie( $this->cookie, $value, array( 'expires' => $this->expires, 'path' => COOKIEPATH ? COOKIEPATH : '/', 'secure' => is_ssl(), 'httponly' => true ) );
		}
	}

	public function has_session() {
		return $this->has_cookie || is_user_logged_in();
	}

	private function read( string $customer ): array {
		global $wpdb;
		$value = $wpdb->get_var( $wpdb->prepare( "SELECT session_value FROM {$wpdb->prefix}woocommerce_sessions WHERE session_key = %s", $customer ) );
		return (array) maybe_unserialize( $value ? $value : array() );
	}

	public function get( $key, $default = null ) {
		return isset( $this->data[ $key ] ) ? maybe_unserialize( $this->data[ $key ] ) : $default;
	}

	public function set( $key, $value ) {
		if ( $value === $this->get( $key ) ) {
			return;
		}
		$this->data[ $key ] = maybe_serialize( $value );
		$this->dirty        = true;
	}

	public function __get( $key ) {
		return $this->get( $key );
	}

	public function __set( $key, $value ) {
		$this->set( $key, $value );
	}

	public function __isset( $key ) {
		return isset( $this->data[ $key ] );
	}

	public function __unset( $key ) {
		unset( $this->data[ $key ] );
		$this->dirty = true;
	}

	public function get_customer_id() {
		return $this->customer_id;
	}

	/** Whoever asks whether it was written asks in vain. */
	public function save_data( $old_session_key = 0 ) {
		global $wpdb;
		if ( ! $this->dirty || ! $this->has_session() ) {
			return;
		}
		$wpdb->query( $wpdb->prepare( "INSERT INTO {$wpdb->prefix}woocommerce_sessions (`session_key`, `session_value`, `session_expiry`) VALUES (%s, %s, %d) ON DUPLICATE KEY UPDATE `session_value` = VALUES(`session_value`), `session_expiry` = VALUES(`session_expiry`)", $this->customer_id, maybe_serialize( $this->data ), $this->expires ) );
		$this->dirty = false;
	}

	public function destroy_session() {
		global $wpdb;
		$wpdb->delete( $wpdb->prefix . 'woocommerce_sessions', array( 'session_key' => $this->customer_id ) );
		$this->data  = array();
		$this->dirty = false;
	}
}

/** The visitor's addresses, kept in the session. */
class WC_Customer {
	/** @var array */
	private $address;

	public function __construct() {
		$this->address = WC()->session ? (array) WC()->session->get( 'customer', array() ) : array();
	}

	public function get_id() {
		return get_current_user_id();
	}

	public function get_address( string $type = 'billing' ): array {
		return (array) ( $this->address[ $type ] ?? array() );
	}

	public function set_address( string $type, array $fields ): void {
		$this->address[ $type ] = array_merge( $this->get_address( $type ), $fields );
	}

	public function save() {
		if ( WC()->session ) {
			WC()->session->set( 'customer', $this->address );
		}
	}
}
