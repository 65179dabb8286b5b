"""The shop systems' APIs at wire level, for pulls: Shopify, WooCommerce, Stripe and Square."""
