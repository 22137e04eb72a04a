<?php
/**
 * The lines of an order: products, shipping, fees, taxes, coupons.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Makes lines as they were journalled, and puts those right that were half written. */
final class Farshore_Reconcile_Items {

	const CLASSES = array(
		'line_item' => 'WC_Order_Item_Product',
		'shipping'  => 'WC_Order_Item_Shipping',
		'fee'       => 'WC_Order_Item_Fee',
		'tax'       => 'WC_Order_Item_Tax',
		'coupon'    => 'WC_Order_Item_Coupon',
	);
	/** Not set as they are: they are what the line is, or are set by name. */
	const NOT_SET = array( 'id', 'order_id', 'type', 'meta', 'meta_data', 'name', 'product_id', 'variation_id' );

	/**
	 * What a line comes to. Coupons and taxes have a word of their own for it.
	 *
	 * @param WC_Order_Item $item Line.
	 */
	public static function total( $item ): string {
		$names = array(
			'coupon' => 'discount',
			'tax'    => 'tax_total',
		);
		return (string) Farshore_Reconcile_Property::get( $item, $names[ $item->get_type() ] ?? 'total', '0' );
	}

	/**
	 * Adds all lines to an order that has none yet.
	 *
	 * @param WC_Order $order Order; it is not saved here.
	 * @param array    $lines As they were journalled.
	 */
	public static function add( WC_Order $order, array $lines ): void {
		foreach ( $lines as $line ) {
			$item = self::made( (array) $line );
			if ( null !== $item ) {
				$order->add_item( $item );
			}
		}
	}

	/**
	 * Makes the lines of an order what they were.
	 *
	 * A line that is there keeps its row, and its stock mark with it. One that the journal does not know is taken away only
	 * from an order that nobody had taken.
	 *
	 * @param WC_Order $order Order; it is not saved here.
	 * @param array    $lines As they were journalled.
	 * @param bool     $begun Nobody had taken the order.
	 */
	public static function mend( WC_Order $order, array $lines, bool $begun ): void {
		$left = $order->get_items( array_keys( self::CLASSES ) );
		$rest = array();
		foreach ( array( 'own', 'alike', 'named' ) as $how ) {
			$rest = array();
			foreach ( $lines as $line ) {
				$line = (array) $line;
				$item = self::match( $line, $left, $how );
				if ( null === $item ) {
					$rest[] = $line;
					continue;
				}
				unset( $left[ $item->get_id() ] );
				self::fill( $item, $line );
				$item->save();
			}
			$lines = $rest;
		}
		self::add( $order, $rest );
		foreach ( $begun ? $left : array() as $item ) {
			$order->remove_item( $item->get_id() );
		}
	}

	/**
	 * The line's own row, else one of the same goods, else one of the same name.
	 *
	 * @param array  $line  As it was journalled.
	 * @param array  $items Rows that are not spoken for.
	 * @param string $how   Which of the three.
	 * @return WC_Order_Item|null
	 */
	private static function match( array $line, array $items, string $how ) {
		foreach ( $items as $item ) {
			if ( $item->get_type() !== ( $line['type'] ?? 'line_item' ) || (string) $item->get_name( 'edit' ) !== (string) ( $line['name'] ?? '' ) ) {
				continue;
			}
			$product = array( (int) Farshore_Reconcile_Property::get( $item, 'product_id', 0 ), (int) Farshore_Reconcile_Property::get( $item, 'variation_id', 0 ) );
			$goods   = array( (int) ( $line['product_id'] ?? 0 ), (int) ( $line['variation_id'] ?? 0 ) ) === $product
				&& (float) $item->get_quantity() === (float) ( $line['quantity'] ?? 1 );
			if ( 'named' === $how || ( 'alike' === $how && $goods ) || ( 'own' === $how && (int) ( $line['id'] ?? 0 ) === $item->get_id() ) ) {
				return $item;
			}
		}
		return null;
	}

	/**
	 * A new line; null for a type that this WooCommerce does not know.
	 *
	 * @param array $line As it was journalled.
	 * @return WC_Order_Item|null
	 */
	private static function made( array $line ) {
		$class = self::CLASSES[ $line['type'] ?? 'line_item' ] ?? '';
		if ( '' === $class || ! class_exists( $class ) ) {
			return null;
		}
		$item = new $class();
		$item->set_name( (string) ( $line['name'] ?? '' ) );
		self::fill( $item, $line );
		return $item;
	}

	/**
	 * Sets what was journalled.
	 *
	 * @param WC_Order_Item $item Line.
	 * @param array         $line As it was journalled.
	 */
	private static function fill( $item, array $line ): void {
		foreach ( array( 'product_id', 'variation_id' ) as $name ) {
			if ( ! empty( $line[ $name ] ) ) {
				Farshore_Reconcile_Property::set( $item, $name, (int) $line[ $name ] );
			}
		}
		foreach ( $line as $name => $value ) {
			if ( ! in_array( $name, self::NOT_SET, true ) && null !== $value ) {
				Farshore_Reconcile_Property::set( $item, (string) $name, $value );
			}
		}
		$own = array(
			'coupon' => 'discount',
			'tax'    => 'tax_total',
		);
		$own = $own[ $item->get_type() ] ?? '';
		if ( '' !== $own && ! isset( $line[ $own ] ) && isset( $line['total'] ) ) {
			Farshore_Reconcile_Property::set( $item, $own, $line['total'] );
		}
		foreach ( (array) ( $line['meta'] ?? array() ) as $meta ) {
			$name = (string) ( $meta['key'] ?? '' );
			// The mark of a line whose goods were taken out is set when they are, and not before.
			if ( '' !== $name && Farshore_Reconcile_Stock::LINE !== $name && 0 !== strpos( $name, '_farshore_' ) && ! $item->meta_exists( $name ) ) {
				$item->add_meta_data( $name, $meta['value'] ?? '' );
			}
		}
	}
}
