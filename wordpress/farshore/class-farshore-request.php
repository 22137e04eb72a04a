<?php
/**
 * What is being asked, told from the request alone: before WordPress knows, and before anything is touched.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** One request: its kind, and the shape in which whoever asked can read an answer. */
final class Farshore_Request {

	const READ     = 'read';
	const WRITE    = 'write';
	const CHECKOUT = 'checkout';
	const LOGIN    = 'login';
	const ADMIN    = 'admin';
	const WEBHOOK  = 'webhook';
	const CRON     = 'cron';

	const HTML    = 'html';
	const JSON    = 'json';
	const CLASSIC = 'classic';
	const XMLRPC  = 'xmlrpc';

	/** Links of a shop that write although they are only followed. */
	const WRITING_LINKS = array( 'add-to-cart', 'remove_item', 'undo_item', 'remove_coupon', 'apply_coupon', 'update_cart', 'order_again', 'cancel_order', 'empty-cart' );

	/** Webhooks of gateways below the REST API; WooCommerce's own list of outgoing webhooks is none. */
	const HOOK_ROUTE = '~\b(?:webhooks?|ipn|notify|notifications?|callbacks?|listener)\b~i';

	/**
	 * Takes what was found out.
	 *
	 * @param string $kind  One of the kinds above.
	 * @param string $shape One of the shapes above.
	 * @param string $route The REST route, if it is one.
	 */
	private function __construct( public readonly string $kind, public readonly string $shape, public readonly string $route ) {
	}

	/**
	 * Looks at a request.
	 *
	 * @param array<string, mixed> $server      As PHP's $_SERVER.
	 * @param array<string, mixed> $get         As $_GET.
	 * @param array<string, mixed> $post        As $_POST.
	 * @param string               $hook_routes A further pattern for webhook routes; empty: none.
	 */
	public static function of( array $server, array $get, array $post, string $hook_routes = '' ): self {
		// As WordPress compares it: decoded, and not as parse_url() does, for which `//wp-json/x` is a host.
		$path   = rawurldecode( explode( '?', (string) ( $server['REQUEST_URI'] ?? '/' ), 2 )[0] );
		$script = basename( (string) ( $server['SCRIPT_NAME'] ?? '' ) );
		$route  = self::route( $path, $get, $post );
		$shape  = self::shape( $server, $get, $post, $route, $script );
		return new self( self::kind( $server, $get, $post, $path, $script, $route, $hook_routes ), $shape, $route );
	}

	/** Whether it would change anything that a customer or the owner means to change. */
	public function writes(): bool {
		return self::READ !== $this->kind;
	}

	/** Whether it may end in an order that is acknowledged. */
	public function is_checkout(): bool {
		return self::CHECKOUT === $this->kind;
	}

	/**
	 * The REST route, empty if it is none.
	 *
	 * @param string               $path The path asked for.
	 * @param array<string, mixed> $get  As $_GET.
	 * @param array<string, mixed> $post As $_POST.
	 */
	private static function route( string $path, array $get, array $post ): string {
		$told = $post['rest_route'] ?? $get['rest_route'] ?? null;
		if ( is_string( $told ) && '' !== $told ) {
			return '/' . trim( $told, '/' );
		}
		return 1 === preg_match( '~/wp-json(?:/(.*))?\z~s', $path, $found ) ? '/' . trim( $found[1] ?? '', '/' ) : '';
	}

	/**
	 * Which answer can be read.
	 *
	 * @param array<string, mixed> $server As $_SERVER.
	 * @param array<string, mixed> $get    As $_GET.
	 * @param array<string, mixed> $post   As $_POST.
	 * @param string               $route  REST route.
	 * @param string               $script The script's name.
	 */
	private static function shape( array $server, array $get, array $post, string $route, string $script ): string {
		if ( 'xmlrpc.php' === $script ) {
			return self::XMLRPC;
		}
		if ( 'checkout' === ( $get['wc-ajax'] ?? '' ) || ( 'admin-ajax.php' === $script && 'woocommerce_checkout' === ( $post['action'] ?? $get['action'] ?? '' ) ) ) {
			return self::CLASSIC;
		}
		$accepts = (string) ( $server['HTTP_ACCEPT'] ?? '' );
		$by_code = '' !== $route || isset( $get['wc-ajax'] ) || 'admin-ajax.php' === $script || isset( $server['HTTP_X_REQUESTED_WITH'] )
			|| ( str_contains( $accepts, 'application/json' ) && ! str_contains( $accepts, 'text/html' ) );
		return $by_code ? self::JSON : self::HTML;
	}

	/**
	 * Which kind it is.
	 *
	 * @param array<string, mixed> $server      As $_SERVER.
	 * @param array<string, mixed> $get         As $_GET.
	 * @param array<string, mixed> $post        As $_POST.
	 * @param string               $path        The path asked for.
	 * @param string               $script      The script's name.
	 * @param string               $route       REST route.
	 * @param string               $hook_routes A further pattern for webhook routes.
	 */
	private static function kind( array $server, array $get, array $post, string $path, string $script, string $route, string $hook_routes ): string {
		if ( 'wp-cron.php' === $script ) {
			return self::CRON;
		}
		if ( self::is_webhook( $get, $post, $path, $route, $hook_routes ) ) {
			return self::WEBHOOK;
		}
		if ( ! self::is_write( $server, $get, $post, $path, $script, $route ) ) {
			return self::READ;
		}
		if ( self::begins_order( $get, $post, $script, $route ) ) {
			return self::CHECKOUT;
		}
		if ( 'wp-login.php' === $script || isset( $post['woocommerce-login-nonce'] ) || isset( $post['woocommerce-register-nonce'] ) ) {
			return self::LOGIN;
		}
		return str_contains( $path, '/wp-admin/' ) ? self::ADMIN : self::WRITE;
	}

	/**
	 * Whether a provider calls, or sends a customer back from a payment.
	 *
	 * @param array<string, mixed> $get         As $_GET.
	 * @param array<string, mixed> $post        As $_POST.
	 * @param string               $path        The path asked for.
	 * @param string               $route       REST route.
	 * @param string               $hook_routes A further pattern for webhook routes.
	 */
	private static function is_webhook( array $get, array $post, string $path, string $route, string $hook_routes ): bool {
		if ( isset( $get['wc-api'] ) || isset( $post['wc-api'] ) || 1 === preg_match( '~/wc-api(?:/|\z)~', $path ) ) {
			return true;
		}
		if ( '' !== $hook_routes && 1 === preg_match( '~' . str_replace( '~', '\~', $hook_routes ) . '~', '' === $route ? $path : $route ) ) {
			return true;
		}
		return '' !== $route && 1 === preg_match( self::HOOK_ROUTE, $route ) && 1 !== preg_match( '~\A/wc/v\d+/webhooks\b~', $route );
	}

	/**
	 * Whether it means to change something.
	 *
	 * @param array<string, mixed> $server As $_SERVER.
	 * @param array<string, mixed> $get    As $_GET.
	 * @param array<string, mixed> $post   As $_POST.
	 * @param string               $path   The path asked for.
	 * @param string               $script The script's name.
	 * @param string               $route  REST route.
	 */
	private static function is_write( array $server, array $get, array $post, string $path, string $script, string $route ): bool {
		$method = strtoupper( (string) ( $server['REQUEST_METHOD'] ?? 'GET' ) );
		if ( 'get_refreshed_fragments' === ( $get['wc-ajax'] ?? '' ) && array() === array_diff( array_keys( $post ), array( 'time' ) ) && ! array_intersect( self::WRITING_LINKS, array_keys( $get ) ) ) {
			return false; // The mini cart asks for itself by POST; it must not look empty while the shop is closed.
		}
		if ( ! in_array( $method, array( 'GET', 'HEAD', 'OPTIONS' ), true ) || isset( $get['wc-ajax'] ) ) {
			return true;
		}
		if ( '' !== $route ) {
			// The REST API takes another method's name by header or parameter; a nonce there is only a login.
			$other = strtoupper( (string) ( $get['_method'] ?? $server['HTTP_X_HTTP_METHOD_OVERRIDE'] ?? 'GET' ) );
			return ! in_array( $other, array( 'GET', 'HEAD', 'OPTIONS' ), true );
		}
		if ( isset( $get['_wpnonce'] ) || array_intersect( self::WRITING_LINKS, array_keys( $get ) ) ) {
			return true;
		}
		if ( 'wp-login.php' === $script ) {
			return in_array( $get['action'] ?? '', array( 'logout', 'confirmaction' ), true );
		}
		return in_array( $script, array( 'post-new.php', 'admin-post.php' ), true )
			|| ( str_contains( $path, '/wp-admin/' ) && 'wc-orders' === ( $get['page'] ?? '' ) && 'new' === ( $get['action'] ?? '' ) );
	}

	/**
	 * Whether an order may come of it, or money may move.
	 *
	 * @param array<string, mixed> $get    As $_GET.
	 * @param array<string, mixed> $post   As $_POST.
	 * @param string               $script The script's name.
	 * @param string               $route  REST route.
	 */
	private static function begins_order( array $get, array $post, string $script, string $route ): bool {
		if ( 1 === preg_match( '~\A/wc/store(?:/v\d+)?/checkout(?:/|\z)|\A/wc/v\d+/orders(?:/|\z)~', $route ) ) {
			return true;
		}
		$ajax = is_string( $get['wc-ajax'] ?? null ) ? $get['wc-ajax'] : '';
		if ( 'update_order_review' !== $ajax && 1 === preg_match( '~checkout|order|pay|intent|charge~', $ajax ) ) {
			return true;
		}
		$action = (string) ( is_string( $post['action'] ?? null ) ? $post['action'] : ( $get['action'] ?? '' ) );
		if ( 'admin-ajax.php' === $script && in_array( $action, array( 'woocommerce_checkout', 'woocommerce_refund_line_items' ), true ) ) {
			return true;
		}
		$forms = array( 'woocommerce_checkout_place_order', 'woocommerce-process-checkout-nonce', 'woocommerce_pay', 'woocommerce-pay-nonce' );
		return '' === $ajax && array() !== array_intersect( $forms, array_keys( $post ) );
	}
}
