# tests/exchange
