"""Hands deliveries to mail servers: a process of its own, any number of them, on any hosts.

What may be sent is decided by the ledger (`db/functions/campaigns_1.sql`), in one statement when a delivery is claimed
and in one more when the server has accepted its recipient. Everything here may end at any moment.
"""
