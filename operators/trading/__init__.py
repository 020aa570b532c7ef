"""What a strategy's decisions come to on one series: orders, position, limits and performance, bar by bar."""
